from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "accounts.wrong_token": "Acest jeton este necunoscut, expirat, revocat sau doar pentru programe.",
    "accounts.wrong_password": "Numele, adresa sau parola nu este corectă.",
    "accounts.wrong_current": "Aceasta nu este parola ta de acum.",
    "accounts.wrong_provider": "Autentificarea de acolo nu a reușit. Încearcă din nou.",
    "accounts.wait": (
        "Prea multe încercări. Încearcă din nou peste {seconds} {seconds:secundă|secunde|de secunde}."
    ),
    "accounts.no_account": (
        "Nu ai încă un cont aici. Cere-le celor care țin cursul să te adauge cu adresa cu care te-ai "
        "autentificat."
    ),
    "accounts.with_provider": "Autentificare cu {name}",
    "accounts.with_password": "Cu parola ta",
    "accounts.name_or_email": "Numele de utilizator sau adresa de e-mail",
    "accounts.password": "Parola",
    "accounts.with_token": "Cu un jeton de acces",
    "accounts.sign_in_with_token": "Intră cu jetonul",
    "accounts.token": "Jetonul tău de acces",
    "accounts.about_token": (
        "Începe cu lmk_. Jetoanele le faci pe pagina contului tău sau primești unul de la cei care țin "
        "cursul."
    ),
    "accounts.choose_password": "Alege o parolă",
    "accounts.about_invitation": (
        "Pentru contul {name}. De acum te autentifici ca {login} sau cu adresa ta de e-mail."
    ),
    "accounts.about_reset": (
        "O parolă nouă pentru contul {name}, nume de utilizator {login}. Toate autentificările de acum "
        "se încheie."
    ),
    "accounts.new_password": "Parola nouă",
    "accounts.about_password": (
        "Cel puțin 10 caractere. Trei sau patru cuvinte pe care numai tu le pui împreună sunt "
        "potrivite."
    ),
    "accounts.again": "Încă o dată",
    "accounts.save_and_sign_in": "Salvează și autentifică-mă",
    "accounts.differs": "Cele două parole nu sunt la fel.",
    "accounts.fault_too_short": "Parola are mai puțin de 10 caractere.",
    "accounts.fault_too_long": "Parola are mai mult de 200 de caractere.",
    "accounts.fault_too_simple": "Parola are mai puțin de 5 caractere diferite.",
    "accounts.fault_holds_name": "Parola conține numele tău, pe care alții îl încearcă întâi.",
    "accounts.title": "Contul tău",
    "accounts.you_are": "Te autentifici ca {login}",
    "accounts.done_password": "Parola ta a fost schimbată. Orice alt browser a fost deconectat.",
    "accounts.done_profile": "Salvat.",
    "accounts.done_revoked": "Jetonul nu mai deschide nimic.",
    "accounts.profile": "Despre tine",
    "accounts.display_name": "Numele tău, așa cum îl citesc ceilalți",
    "accounts.bad_name": (
        "Acest nume nu poate fi folosit: este gol, prea lung, începe ca o formulă sau are caractere "
        "care nu se văd."
    ),
    "accounts.language": "Limba, oriunde te autentifici",
    "accounts.as_browser": "Cum cere browserul",
    "accounts.change_password": "Schimbă-ți parola",
    "accounts.current_password": "Parola de acum",
    "accounts.ends_sessions": "Toate browserele sunt deconectate; jetoanele rămân.",
    "accounts.sign_out_everywhere": "Deconectează-mă peste tot",
    "accounts.tokens": "Jetoane de acces",
    "accounts.about_tokens": (
        "Pentru programe, cum este comanda labmark. Dă-i fiecăruia unul al lui și nu mai mult decât are "
        "nevoie."
    ),
    "accounts.new_token": "Jetonul tău nou",
    "accounts.shown_once": "Copiază-l acum: este arătat doar o dată.",
    "accounts.label": "Pentru ce este",
    "accounts.about_label": "Ca să îl recunoști, de exemplu: laptop.",
    "accounts.role": "Rol",
    "accounts.at_most": "Acționează cel mult ca",
    "accounts.scopes": "Ce are voie",
    "accounts.about_scopes": "Nimic bifat: tot ce poate rolul său.",
    "accounts.all_scopes": "tot ce poate rolul său",
    "accounts.scope_read": "să citească",
    "accounts.scope_submit": "să predea",
    "accounts.scope_grade": "să schimbe note",
    "accounts.scope_author": "să schimbe teme și seturi de date",
    "accounts.scope_people": "să administreze oamenii unui curs",
    "accounts.scope_account": "contul și jetoanele tale",
    "accounts.made": "Făcut",
    "accounts.ends": "Expiră",
    "accounts.never": "niciodată",
    "accounts.days": "Câte zile este valabil; gol: pentru totdeauna",
    "accounts.revoke": "Revocă",
    "accounts.revoke_this": "Revocă {label}",
    "accounts.no_tokens": "Nu ai niciunul.",
    "accounts.make_token": "Fă un jeton",
    "accounts.bad_token": "Spune pentru ce este jetonul și un număr de zile de la 1 la 3660 sau niciunul.",
}
