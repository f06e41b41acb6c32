from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "problem.bad_request.json": "Corpul cererii nu este JSON.",
    "problem.bad_request.unread": "Cererea nu poate fi citită: {said:clause}.",
    "problem.provider_refused": "Ce a venit de la furnizor nu este valabil ({step}). Încearcă din nou.",
    "problem.unauthenticated.header": "Trimite antetul `Authorization: Bearer lmk_...`.",
    "problem.unauthenticated.token": "Jetonul este necunoscut, expirat sau revocat.",
    "problem.unauthenticated.visitor": "Autentifică-te mai întâi.",
    "problem.unauthenticated.metrics": "Trimite `Authorization: Bearer` cu jetonul pentru metrici.",
    "problem.wrong_password": "Numele, adresa sau parola nu este corectă.",
    "problem.forbidden.staff": "Acest lucru este pentru asistenții și profesorii cursului.",
    "problem.forbidden.instructors": "Acest lucru este pentru profesorii cursului.",
    "problem.forbidden.admins": "O astfel de pagină există numai pentru administratori.",
    "problem.forbidden.queue": "Coada este pentru cei care țin cursul.",
    "problem.forbidden.regrading": "Notarea din nou este pentru cei care țin cursul.",
    "problem.forbidden.datasets": "Seturile de date sunt înregistrate și șterse de profesorii cursului.",
    "problem.forbidden.courses": "Cursurile sunt deschise de administratorii serviciului.",
    "problem.forbidden.above": "Aici ești {role}: ce este mai sus nu este al tău de dat.",
    "problem.forbidden.lesser_token": (
        "Te-ai autentificat cu un jeton care poate mai puțin decât tine. Folosește unul care poate tot."
    ),
    "problem.forbidden.token_role": "Lucrezi ca {role}: un jeton al tău nu poate fi mai mult.",
    "problem.forbidden.token_scopes": "Jetonului care cere îi lipsesc domeniile {scopes}.",
    "problem.scope_missing.all": "Numai un jeton fără domenii poate face acest lucru.",
    "problem.scope_missing.one": "Acestui jeton îi lipsește domeniul `{scope}`.",
    "problem.stale_form.again": "Deschide pagina din nou și repetă ce ai făcut.",
    "problem.stale_form.other_site": "Acest formular a venit de pe alt site.",
    "problem.no_account": "Cere-le celor care țin cursul să te adauge cu adresa cu care te autentifici.",
    "problem.not_found.address": "La această adresă nu există nimic.",
    "problem.not_found.asked": "Studenților nu li se spune ce cere „{slug}”.",
    "problem.not_found.assignment": (
        "În cursurile tale nu există tema „{slug}”. Dacă ar trebui, cere-le celor care țin cursul să te "
        "adauge."
    ),
    "problem.not_found.course": (
        "Nu ai cursul „{slug}”. Dacă ar trebui, cere-le celor care îl țin să te "
        "adauge."
    ),
    "problem.not_found.submission": "Nu ai predarea {id}.",
    "problem.not_found.submission_to": "Nu ai predarea {id} la „{slug}”.",
    "problem.not_found.run": "Nu ai rularea {id}.",
    "problem.not_found.report": "Rularea nu are raportul {version}.",
    "problem.not_found.job": "Nu ai lucrarea {id}.",
    "problem.not_found.token": "Nu ai un astfel de jeton sau a fost revocat înainte.",
    "problem.not_found.grade": "Nu ești înscris la cursul temei „{slug}”, deci nu ai acolo nicio notă.",
    "problem.not_found.version": "„{slug}” nu are versiunea {version}.",
    "problem.not_found.newest_version": "„{slug}” nu are versiunea {version}; cea mai nouă este {newest}.",
    "problem.not_found.starter": "„{slug}” nu are un fișier de pornire în „{framework}”.",
    "problem.not_found.picture": "Predarea {id} nu are imaginea {number}.",
    "problem.not_found.pair": "În cea mai nouă verificare nu există o astfel de pereche.",
    "problem.not_found.student": "În acest curs nu există studentul „{user}”.",
    "problem.not_found.student_left": "Cine a predat acest lucru nu mai este în curs.",
    "problem.not_found.quota": "„{user}” nu are la „{slug}” o limită proprie de încercări.",
    "problem.not_found.extension": "„{user}” nu are o amânare la „{slug}”.",
    "problem.not_found.override": "Predarea {id} nu are puncte date de un profesor.",
    "problem.not_found.login": "Nu există nimeni cu numele de autentificare „{user}”.",
    "problem.not_found.person": "„{user}” nu este în acest curs.",
    "problem.not_found.removed": "Între timp „{user}” a fost scos.",
    "problem.not_found.link": "Acest curs nu are o astfel de legătură deschisă.",
    "problem.not_found.datasets": "Nu ai seturi de date într-un curs „{slug}”.",
    "problem.not_found.dataset": "Cursul nu are setul de date „{name}”.",
    "problem.not_found.provider": "Aici nu există niciun furnizor.",
    "problem.not_found.metrics": "Metricile sunt oprite: vezi docs/operations.md.",
    "problem.no_report_yet": "Starea rulării: {state}.",
    "problem.no_evidence": "Starea rulării: {state}.",
    "problem.no_leaderboard": "„{slug}” se notează fără clasament.",
    "problem.no_similarity_yet": "Încă nu s-a comparat nimic sau comparația nu s-a încheiat.",
    "problem.method_not_allowed": "Această adresă acceptă {methods}.",
    "problem.not_acceptable": "Acceptă application/yaml sau application/json.",
    "problem.idempotency_conflict": "Pentru un fișier schimbat folosește un Idempotency-Key nou.",
    "problem.already_ended": "Starea rulării: {state}.",
    "problem.not_errored": "Starea rulării: {state}.",
    "problem.no_quota": "La „{slug}” studenții pot preda oricât de des.",
    "problem.no_due_date": "Nimic din ce se predă la „{slug}” nu este întârziat.",
    "problem.no_choice": "La „{slug}” contează {counting} predare.",
    "problem.dataset_name_taken": "Alege alt nume decât „{name}”.",
    "problem.dataset_in_use": "Este folosit de {users}.",
    "problem.own_role": "Îl poate schimba alt profesor sau un administrator.",
    "problem.too_many_tokens": "Ai {count}: revocă-le pe cele de care nu ai nevoie.",
    "problem.slug_taken": (
        "Tema „{slug}” există deja; numele ei este unic în tot serviciul. Alege alt nume la `slug`."
    ),
    "problem.needs_new_run.changed": (
        "Predarea a rulat altceva decât cere cea mai nouă versiune. Cere o nouă notare cu rulări noi, de pe "
        "pagina temei."
    ),
    "problem.needs_new_run.unmeasured": (
        "Predarea nu a fost încă măsurată. Cere o nouă notare cu rulări noi, de pe pagina temei."
    ),
    "problem.course_taken": "Cursul „{slug}” există deja; alege alt nume.",
    "problem.link_over": (
        "A fost folosită, a expirat, a fost înlocuită de alta sau contul are între timp o parolă. Cere-i una "
        "nouă celui care ți-a trimis-o."
    ),
    "problem.version_conflict": (
        "Cea mai nouă este versiunea {newest}, iar a ta a fost făcută din {if_match}. Citește-o la "
        "{address}, "
        "împacă-le pe amândouă și trimite rezultatul cu ETag-ul ei."
    ),
    "problem.changed_meanwhile": (
        "Cineva l-a schimbat sau l-a luat înapoi de când l-ai citit. Citește-l din nou."
    ),
    "problem.evidence_unavailable": (
        "{said:clause}. Nicio notă nu se schimbă prin asta."
        " Încearcă mai târziu și spune-i celui care ține serviciul."
    ),
    "problem.too_large.request": "Într-o cerere se primesc cel mult {limit} de octeți.",
    "problem.too_large.file": (
        "Fișierul are {size} {size:octet|octeți|de octeți}; se primesc cel mult {limit}. Scoate din el "
        "datele "
        "și rezultatele păstrate."
    ),
    "problem.too_large.notebook_file": (
        "Notebook-ul are {size} {size:octet|octeți|de octeți}; se primesc cel mult {limit}. Șterge ieșirile "
        "celulelor și salvează-l."
    ),
    "problem.too_large.notebook": "Codul notebook-ului are mai mult de {limit} de octeți.",
    "problem.too_large.document": (
        "Documentul are {size} {size:octet|octeți|de octeți}; se primesc cel mult {limit}."
    ),
    "problem.too_large.list": "Lista are {size} {size:octet|octeți|de octeți}; se primesc {limit}.",
    "problem.too_large.dataset": "Fișierul unui set de date are cel mult {limit} de octeți.",
    "problem.unsupported_media_type.source": (
        "Trimite multipart/form-data cu un câmp `file` sau application/json."
    ),
    "problem.unsupported_media_type.spec": "Trimite application/yaml sau application/json.",
    "problem.unsupported_media_type.list": "Trimite text/csv sau multipart/form-data cu un câmp `file`.",
    "problem.unsupported_media_type.dataset": "Trimite multipart/form-data cu `file` și `name`.",
    "problem.validation_failed.faults": "{faults}",
    "problem.validation_failed.source": 'Corpul cererii trebuie să fie {{"filename": text, "source": text}}.',
    "problem.validation_failed.no_file": "Formularul nu are niciun fișier în câmpul `file`.",
    "problem.validation_failed.reason": (
        "Un astfel de motiv nu se primește: scrie între 3 și 1000 de caractere sau nimic."
    ),
    "problem.validation_failed.points": "body.points: se pot da cel mult {most:points}.",
    "problem.validation_failed.due_at": "body.due_at: trebuie să fie după termen, {due_at}.",
    "problem.validation_failed.after": "query.after: ia-l din `next` al paginii dinainte.",
    "problem.validation_failed.unstorable": (
        "Cererea conține un caracter sau un număr care nu poate fi păstrat."
    ),
    "problem.not_utf8.line": (
        "Linia {line} nu este UTF-8. Salvează fișierul cu codificarea UTF-8 și trimite-l din nou."
    ),
    "problem.not_utf8.document": "Linia {line} a documentului nu este UTF-8.",
    "problem.not_utf8.nul": "Fișierul conține octeți NUL, deci nu este text.",
    "problem.not_utf8.surrogate": "Codul conține o jumătate de caracter (un surogat fără pereche).",
    "problem.bad_notebook.too_much": (
        "Conține prea multe pe lângă cod: șterge toate ieșirile, salvează-l și încearcă din nou."
    ),
    "problem.bad_notebook.no_code": "Notebook-ul nu conține cod.",
    "problem.bad_notebook.not_json": "Nu este JSON, deci nu este un notebook: {said:clause}.",
    "problem.bad_notebook.not_a_notebook": "Este JSON, dar nu un notebook.",
    "problem.bad_notebook.no_cells": "Este JSON, dar nu are o listă de celule.",
    "problem.bad_notebook.source": "Codul unei celule nu este text.",
    "problem.bad_notebook.surrogate": (
        "O celulă de cod conține o jumătate de caracter (un surogat fără pereche)."
    ),
    "problem.bad_notebook.nul": "O celulă de cod conține caractere NUL.",
    "problem.unsupported_file": (
        "„{name}” nu se termină nici în .py, nici în .ipynb. Alege un fișier cu unul dintre aceste nume."
    ),
    "problem.dataset_invalid": "{faults}",
    "problem.roster_invalid": "Nu s-a schimbat nimic. {faults}",
    "problem.weak_password.too_short": "Are mai puțin de 10 caractere.",
    "problem.weak_password.too_long": "Are mai mult de 200 de caractere.",
    "problem.weak_password.too_simple": "Are mai puțin de 5 caractere diferite.",
    "problem.weak_password.holds_name": "Conține numele tău, pe care alții îl încearcă primul.",
    "problem.spec_invalid": "{faults}",
    "problem.if_match_required.spec": (
        'Spune din ce versiune a fost făcută a ta: If-Match: "3", ETag-ul specificației ei.'
    ),
    "problem.if_match_required.there": (
        "Există deja. Citește ce este acolo, apoi repetă cererea cu `If-Match: {etag}` dacă asta vrei."
    ),
    "problem.queue_full": "Nu s-a păstrat nimic; încearcă din nou peste puțin timp.",
    "problem.too_many_requests": "Cu aceasta nu s-a făcut nimic. Încearcă din nou peste {seconds} s.",
    "problem.too_many_tries.wait": (
        "Încearcă din nou peste {seconds} {seconds:secundă|secunde|de secunde}. Într-un navigator în "
        "care te-ai "
        "mai autentificat, încercările altora nu se numără."
    ),
    "problem.too_many_tries.busy": (
        "În acest moment se autentifică prea mulți oameni. Încearcă din nou peste câteva secunde."
    ),
    "problem.quota_exhausted.attempts": (
        "Acum nu a mai rămas nicio încercare; următoarea se primește peste {wait}, de la {free_at:day} UTC."
    ),
    "problem.quota_exhausted.failed": (
        "Prea multe dintre fișierele tale nu au dat un model; următorul se primește peste {wait}, de la "
        "{free_at:day} UTC."
    ),
    "problem.internal_error": (
        "Defecțiunea este la noi și a fost notată. Nimic din ce ai predat nu s-a pierdut; încearcă din nou."
    ),
    "problem.http_error": "Cererea a fost refuzată: {said:clause}.",
    "problem.unavailable": "Nu s-a schimbat nimic; încearcă din nou peste puțin timp.",
}
