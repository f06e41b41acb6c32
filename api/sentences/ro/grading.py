from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "accuracy.reached": "Acuratețea pe partea de {part} este {measured:share}; s-a cerut {asked:share}. "
    "Bine lucrat.",
    "accuracy.partial": "Acuratețea pe partea de {part} este {measured:share}; pentru toate punctele e "
    "nevoie de {asked:share}. Ești pe drumul bun: o antrenare mai lungă sau o rată de învățare mai "
    "potrivită poate acoperi diferența.",
    "accuracy.too_low": "Acuratețea pe partea de {part} este {measured:share}; s-a cerut {asked:share}. "
    "Uită-te întâi la curba de învățare: ea arată dacă antrenarea sau generalizarea trebuie îmbunătățită.",
    "accuracy.threshold_inside_interval": "Partea de {part} are {n} {n:rând|rânduri|de rânduri}, deci "
    "acuratețea adevărată este între {low:share} și {high:share} (95 %). Pragul cerut, {threshold:share}, "
    "este înăuntru: aici poate decide întâmplarea.",
    "accuracy.no_evidence": "Pe partea de {part} nu există predicții, așa că acuratețea nu a fost judecată.",
    "gap.small": "Eroarea de validare este cu {gap:step} peste eroarea de antrenare; s-a cerut cel mult "
    "{limit:step}. Modelul tău generalizează.",
    "gap.partial": "Eroarea de validare este cu {gap:step} peste eroarea de antrenare; pentru toate "
    "punctele e nevoie de cel mult {limit:step}. Regularizarea sau oprirea mai devreme o micșorează.",
    "gap.too_large": "Eroarea de validare este cu {gap:step} peste eroarea de antrenare; s-a cerut cel mult "
    "{limit:step}. Modelul a învățat rândurile de antrenare mai bine decât regula din ele: încearcă un "
    "model mai simplu, regularizarea sau oprirea mai devreme.",
    "gap.threshold_inside_interval": "Diferența adevărată este între {low:step} și {high:step} (95 %). "
    "Limita de {threshold:step} este înăuntru: aici poate decide întâmplarea.",
    "gap.small#loss": "Pierderea de validare este cu {gap:number} peste pierderea de antrenare; s-a cerut "
    "cel mult {limit:number}. Modelul tău generalizează.",
    "gap.partial#loss": "Pierderea de validare este cu {gap:number} peste pierderea de antrenare; pentru "
    "toate punctele e nevoie de cel mult {limit:number}. Regularizarea sau oprirea mai devreme o micșorează.",
    "gap.too_large#loss": "Pierderea de validare este cu {gap:number} peste pierderea de antrenare; s-a "
    "cerut cel mult {limit:number}. Încearcă un model mai simplu, regularizarea sau oprirea mai devreme.",
    "gap.threshold_inside_interval#loss": "Diferența adevărată dintre pierderi este între {low:number} și "
    "{high:number} (95 %). Limita de {threshold:number} este înăuntru: aici poate decide întâmplarea.",
    "gap.no_evidence": "Predicțiile pe partea de antrenare sau de validare lipsesc sau nu au scoruri, așa "
    "că diferența nu a fost judecată.",
    "gap.nothing_learnt": "Eroarea de antrenare este {training_error:share}; o diferență mică aduce puncte "
    "numai unui model care a învățat ceva, cu o eroare de cel mult {learnt_at:share}. Micșorează întâi "
    "eroarea de antrenare.",
    "learning_curve.recorded": "Curba de învățare are {epochs} {epochs:epocă înregistrată|epoci "
    "înregistrate|de epoci înregistrate}; cea mai bună este epoca {best_epoch}.",
    "learning_curve.not_recorded": "Nu s-a înregistrat nicio curbă de învățare, iar numărul de epoci cerut "
    "este cel puțin {asked}. Apelează `lab.epoch(model)` la sfârșitul fiecărei epoci a buclei tale; `fit` "
    "din Keras și `Trainer.fit` din Lightning înregistrează singure.",
    "learning_curve.too_short": "Curba de învățare are {epochs} {epochs:epocă înregistrată|epoci "
    "înregistrate|de epoci înregistrate}; numărul cerut este cel puțin {asked}. Apelează `lab.epoch(model)` "
    "la sfârșitul fiecărei epoci.",
    "learning_curve.ends_well": "Eroarea de validare se încheie cu {regret:step} peste valoarea ei minimă "
    "(epoca {best_epoch}); s-a cerut cel mult {limit:step}.",
    "learning_curve.ends_worse": "Eroarea de validare se încheie cu {regret:step} peste valoarea ei minimă, "
    "cea din epoca {best_epoch}; s-a cerut cel mult {limit:step}. Oprește acolo sau păstrează o copie a "
    "modelului de atunci.",
    "learning_curve.threshold_inside_interval": "Ce s-a pierdut de la cea mai bună epocă este între "
    "{low:step} și {high:step} (95 %). Limita de {limit:step} este înăuntru: aici poate decide întâmplarea.",
    "stability.steady": "În {repeats} {repeats:repetare|repetări|de repetări}, eroarea pe partea de {part} "
    "se împrăștie cu {sd:step} (abatere standard); s-a cerut cel mult {limit:step}.",
    "stability.unsteady": "În {repeats} {repeats:repetare|repetări|de repetări}, eroarea pe partea de "
    "{part} se împrăștie cu {sd:step} (abatere standard), de la {least:share} la {most:share}; s-a cerut "
    "cel mult {limit:step}, iar rândurile atât de puține explică singure {by_chance:step}. O rată de "
    "învățare mai mică sau mai multă regularizare face ca antrenarea să depindă mai puțin de sămânță.",
    "stability.chance_explains": "În {repeats} {repeats:repetare|repetări|de repetări}, eroarea pe partea "
    "de {part} se împrăștie cu {sd:step}, peste cele {limit:step} cerute, dar pe rânduri atât de puține "
    "orice model se împrăștie cu {by_chance:step}: nu ți se impută.",
    "stability.one_repeat": "A fost o singură repetare, deci despre împrăștiere nu se poate spune nimic.",
    "stability.no_evidence": "Pe partea de {part} nu există predicții, așa că împrăștierea nu a fost "
    "judecată.",
    "resources.fast_enough": "Antrenarea și evaluarea au durat {seconds:duration}; s-a cerut cel mult "
    "{limit:duration}.",
    "resources.too_slow": "Antrenarea și evaluarea au durat {seconds:duration}; s-a cerut cel mult "
    "{limit:duration}. Antrenează mai puține epoci, folosește loturi mai mari sau un model mai mic și prezi "
    "toate rândurile deodată.",
    "resources.small_enough": "Modelul spune că are {parameters} {parameters:parametru|parametri|de "
    "parametri}; s-au cerut cel mult {limit}.",
    "resources.too_large": "Modelul spune că are {parameters} {parameters:parametru|parametri|de "
    "parametri}; s-au cerut cel mult {limit}. Folosește mai puține unități sau mai puține straturi.",
    "resources.parameters_unknown": "Modelul nu spune câți parametri are, așa că mărimea lui nu a fost "
    "judecată. Întoarce modelul însuși, nu o funcție.",
    "repeats.some_failed": "{failed} din {planned} {planned:repetare|repetări|de repetări} nu au dat un "
    "model (prima a fost repetarea {repeat}: {code}). Celelalte sunt judecate, iar punctele se micșorează "
    "în aceeași proporție. Alte semințe și alte împărțiri nu trebuie să îți strice codul.",
    "stopping.would_have_scored": "Dacă ai fi păstrat modelul din epoca {epoch}, cu o acuratețe de validare "
    "de {validation_accuracy:share}, aceste criterii ar fi dat cam {points} din {max_points} puncte în loc "
    "de {points_now}.",
    "fit.underfitting": "Subînvățare (underfitting): eroarea de antrenare este {training:share}, peste cea "
    "cerută, {target:share}. Modelul nu se potrivește încă nici măcar pe rândurile pe care a fost antrenat.",
    "fit.overfitting": "Supraînvățare (overfitting): eroarea de antrenare este {training:share}, eroarea de "
    "validare {validation:share}. Diferența de {gap:step} depășește limita de {limit:step}.",
    "fit.balanced": "Echilibrat: eroarea de antrenare este {training:share}, eroarea de validare "
    "{validation:share}. Diferența de {gap:step} este în limita de {limit:step}.",
    "fit.inconclusive": "Nedecis: diferența este de {gap:step}, dar cu atât de puține rânduri poate fi "
    "între {low:step} și {high:step}, de o parte și de alta a limitei de {limit:step}. Un model mai "
    "simplu sau regularizarea o micșorează adesea.",
    "fit.underfitting#loss": "Subînvățare (underfitting): pierderea de antrenare este {training:number}, "
    "peste cea cerută, {target:number}.",
    "fit.overfitting#loss": "Supraînvățare (overfitting): pierderea de antrenare este {training:number}, "
    "pierderea de validare {validation:number}. Diferența de {gap:number} depășește limita de "
    "{limit:number}.",
    "fit.balanced#loss": "Echilibrat: pierderea de antrenare este {training:number}, pierderea de validare "
    "{validation:number}. Diferența de {gap:number} este în limita de {limit:number}.",
    "fit.inconclusive#loss": "Nedecis: diferența dintre pierderi este {gap:number}, dar poate fi între "
    "{low:number} și {high:number}, de o parte și de alta a limitei de {limit:number}. Un model "
    "mai simplu sau regularizarea o micșorează adesea.",
    "advice.stronger_model": "Încearcă un model mai puternic: mai multe unități sau încă un strat, acolo "
    "unde tema îl permite.",
    "advice.train_longer": "Încearcă o antrenare mai lungă sau altă rată de învățare.",
    "advice.more_data": "Cel mai mult ajută mai multe date de antrenare, dacă există: și augmentarea se "
    "pune.",
    "advice.simpler_model": "Încearcă un model mai simplu: mai puține unități sau mai puține straturi.",
    "advice.regularisation": "Încearcă regularizarea, de exemplu dropout sau weight decay.",
    "advice.stop_at_best_epoch": "Oprește la epoca {epoch} sau păstrează o copie a modelului de atunci: "
    "eroarea lui de validare era {validation_error:share}, față de {last_validation_error:share} la sfârșit.",
}
