from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    # Forme.
    "advice.flatten": "Imaginile au venit ca 28 pe 28, iar stratul primește 784 de numere la rând. "
    "Aplatizează-le în interiorul modelului, ca să se întâmple și la predicție: `nn.Flatten()` ca prim "
    "strat sau `x = x.reshape(len(x), -1)` în `forward`.",
    "advice.layer_sizes": "Un strat a primit rânduri de câte {got} {got:număr|numere|de numere}, iar "
    "ponderile lui sunt făcute pentru {wanted}. Ce dă un strat este ce primește următorul, iar primul "
    "primește câte intrări sunt (`lab.input_shape`): fă cele două mărimi egale.",
    "advice.rows_differ": "Rânduri de predicții: {got}, etichete: {wanted}. Caută un `view`, `reshape` sau "
    "`flatten` care schimbă numărul de rânduri: prima dimensiune trebuie să rămână cum este.",
    "advice.sizes_differ": "Doi tensori cu care se calculează au într-o dimensiune mărimile {got} și "
    "{wanted}. Afișează `shape` al amândurora înainte de acest rând. Într-o pierdere pentru numere de "
    "clasă, `cross_entropy` primește scoruri `(n, clase)` și etichete `(n,)`; `MSELoss` le vrea pe amândouă "
    "de aceeași formă.",
    # Etichete.
    "advice.labels_one_hot_integers": "Etichetele sunt one-hot și numere întregi. `cross_entropy` primește "
    "numere de clasă, de formă `(n,)`: dă-i `lab.train_y` așa cum este, fără `one_hot`.",
    "advice.labels_type": "Etichetele sunt de tipul {got}, iar această pierdere primește numere de clasă "
    "de tipul Long (int64). `lab.train_y` este deja int64: lasă deoparte `.float()` și altele asemenea sau "
    "apelează `.long()`.",
    "advice.labels_column": "Etichetele sunt o coloană sau one-hot, iar această pierdere primește numere "
    "de clasă la rând, de formă `(n,)`. Lasă deoparte `reshape(-1, 1)` sau `one_hot` ori apelează "
    "`.squeeze(1)`.",
    "advice.too_few_outputs": "Există o etichetă {label}, iar ultimul strat nu are o ieșire pentru ea. "
    "Dă-i câte una pentru fiecare clasă, `lab.n_classes`; numerele de clasă încep de la 0.",
    "advice.one_hot_with_sparse_loss": "Etichetele sunt one-hot, iar o pierdere numită sparse primește "
    "numere de clasă, de formă `(n,)`. Dă-i `lab.train_y` așa cum este sau ia pierderea fără `sparse` în "
    "nume.",
    "advice.ids_with_categorical_loss": "Etichetele sunt numere de clasă, iar această pierdere le vrea "
    "one-hot. Ia `sparse_categorical_crossentropy`, care primește `lab.train_y` așa cum este.",
    # Tipul intrărilor și locul lor.
    "advice.inputs_type": "O parte este de tipul {got}, cealaltă de tipul {wanted}. `lab.train_x` este "
    "float32, la fel ca ponderile: lasă deoparte conversia la float64 sau convertește înapoi cu `.float()` "
    '(PyTorch) ori `tf.cast(x, "float32")`.',
    "advice.numpy_into_torch": "Un tablou numpy a fost dat lui PyTorch, care primește tensori: `x = "
    "torch.from_numpy(lab.train_x)`.",
    "advice.no_cuda": "Această rulare nu are GPU. Scrie `.to(lab.device)` în loc de `.cuda()` sau "
    '`.to("cuda")`: este `"cpu"` sau `"cuda"`, după ce are rularea.',
    "advice.devices_differ": "Unii tensori sunt pe GPU și alții pe CPU. Mută modelul și datele cu "
    "`.to(lab.device)` și păstrează mediile și abaterile cu `register_buffer`: se mută odată cu modelul.",
    "advice.numpy_of_cuda": "Tensorul este pe GPU, iar numpy lucrează pe CPU: "
    "`tensor.detach().cpu().numpy()`.",
    "advice.numpy_of_gradient": "Acest tensor își poartă încă gradientul. Pentru un număr, cum este "
    "pierderea, scrie `loss.item()`; pentru un tablou, `tensor.detach().numpy()`.",
    # Gradienți.
    "advice.backward_twice": "`backward()` a fost apelat de două ori pentru un singur calcul al pierderii. "
    "Calculează pierderea din nou la fiecare pas, în buclă, și apelează `loss.backward()` o singură dată.",
    "advice.loss_of_each_row": "Pierderea are câte un număr pentru fiecare rând; `backward()` are nevoie "
    'de unul singur. Ia `loss.mean()` sau lasă deoparte `reduction="none"`.',
    "advice.loss_is_a_number": "Pierderea a devenit un simplu număr, care nu mai știe cum a fost calculat. "
    "Apelează `backward()` pe tensor, iar `.item()` numai pentru ce afișezi.",
    "advice.no_gradient": "De la această pierdere nu duce niciun drum înapoi la ponderi. `argmax`, "
    "`.detach()`, `.item()`, `torch.no_grad()` sau un nou `torch.tensor(...)` îl taie: calculează pierderea "
    "din scorurile modelului.",
    "advice.changed_in_place": "A fost schimbat pe loc un tensor de care gradientul are nevoie. Schimbă "
    "ponderile printr-un optimizator sau în `with torch.no_grad():` și scrie `x = x + 1` în loc de `x += 1`.",
    "advice.gradient_is_none": "Un gradient este `None`: banda nu a văzut niciun drum de la pierdere la "
    "acea variabilă. Calculează predicțiile și pierderea în `with tf.GradientTape() as tape:`, cu toți "
    "pașii dintre ele și cu ponderi care sunt `tf.Variable`.",
    "advice.not_a_variable": "O constantă nu poate fi schimbată. Ponderile sunt `tf.Variable(...)`, făcute "
    "o dată în `__init__`.",
    # Cum se leagă modelul și antrenarea lui.
    "advice.no_super_init": "Clasa trebuie să se pregătească înainte să primească straturi: scrie "
    "`super().__init__()` ca prim rând în `__init__`.",
    "advice.optimizer_wants_parameters": "Optimizatorul primește ponderile, nu modelul: scrie "
    "`model.parameters()` în loc de `model`.",
    "advice.no_parameters": "Optimizatorul nu găsește nicio pondere în model. Straturile dintr-o listă sau "
    "un dicționar obișnuit nu se văd: folosește `nn.ModuleList` sau `nn.Sequential` ori dă fiecăruia numele "
    "lui, `self.hidden = ...`.",
    "advice.not_compiled": "Apelează `model.compile(optimizer=..., loss=...)` o dată înainte de "
    "`model.fit(...)`.",
    "advice.lightning_method": "Lightning apelează metoda `{method}` a clasei tale și nu este niciuna cu "
    "acest nume. Vezi cum este scrisă și dacă este indentată ca parte a clasei.",
    # Contractul.
    "advice.lab_has_no": "`lab` nu are `{name}`. Are `train_x`, `train_y`, `n_classes`, `input_shape`, "
    "`class_names`, `feature_names`, `seed`, `device` și `epoch(model)`.",
    "advice.lab_is_no_dictionary": "`lab` nu este nici dicționar, nici pereche: scrie `lab.train_x` și "
    "`lab.train_y`.",
    "advice.epoch_takes_the_model": "`lab.epoch` primește modelul pe care să îl măsoare: "
    "`lab.epoch(model)`.",
    "advice.train_takes_lab": "`train` este apelată cu un singur lucru, `lab`: scrie `def train(lab):` și "
    "ia datele din `lab.train_x` și `lab.train_y`.",
    "advice.predict_takes_two": "`predict` este apelată cu modelul și intrările: scrie `def predict(model, "
    "x):`.",
    "advice.file_not_there": "Niciun fișier de-al tău nu este acolo. Datele de antrenare sunt în "
    "`lab.train_x` și `lab.train_y`.",
    "advice.exits": "`exit()` și `sys.exit()` încheie rularea înainte să aibă un model. Lasă-le deoparte "
    "și încheie `train` cu `return model`.",
    "advice.asks_for_input": "Aici nu poate răspunde nimeni la `input()`. Scrie valoarea în fișier.",
    "advice.name_not_defined": "Nimic nu se numește `{name}` acolo unde rulează acest rând. Vezi cum este "
    "scris și dacă importul sau rândul care îl definește este în ce ai predat; într-un notebook poate fi "
    "într-o celulă care nu face parte din predare.",
    "advice.no_such_attribute": "Ce este aici de tipul `{owner}` nu are `{name}`. Compară cum este scris "
    "cu rândul care îl stabilește, adesea unul din `__init__`.",
    # Despre un notebook.
    "advice.notebook_mark": "Nicio celulă a notebook-ului nu este marcată, așa că au fost rulate toate, "
    "cu tot cu grafice și tabele. Scrie `# labmark` ca primă linie în ce se predă: celulele {cells}. "
    "Celelalte rămân cum sunt și nu se rulează.",
    "advice.notebook_without_train": "Notebook-ul nu are o funcție `train(lab)`. Pune ce face și "
    "antrenează modelul, se pare că în celula {cell}, în `def train(lab):`, ia `lab.train_x` și "
    "`lab.train_y` în locul lui `load_iris` și `train_test_split` și încheie cu `return model`. Apoi "
    "scrie `# labmark` ca primă linie a acelei celule și a celei cu importurile ei: nicio altă celulă "
    "nu se mai rulează, deci graficele pot rămâne.",
    "advice.notebook_without_model": "Notebook-ul nu are o funcție `train(lab)`. Adaugă o celulă a "
    "cărei primă linie este `# labmark` și care definește `def train(lab):`, care antrenează un model "
    "pe `lab.train_x` și `lab.train_y` și îl întoarce; marchează la fel celula cu importurile. Nicio "
    "altă celulă nu se mai rulează.",
    # Ce a întors `train`.
    "advice.returned_nothing": "`train` s-a încheiat fără să întoarcă ceva. Ultimul ei rând trebuie să fie "
    "`return model`, indentat ca primul rând al funcției.",
    "advice.returned_predictions": "`train` a întors numere, cum sunt predicțiile, și nu modelul care le "
    "face. Scrie `return model`: Labmark îi cere singur predicțiile.",
    "advice.returned_several": "`train` a întors mai multe lucruri. Întoarce numai modelul; unde predicția "
    "are nevoie de toate, definește `predict(model, x)`, care le primește ca `model`.",
    "advice.returned_weights": "`train` a întors ponderi fără modelul căruia îi aparțin. Scrie `return "
    "model`, nu `model.state_dict()`.",
    "advice.returned_a_number": "`train` a întors un număr, de pildă o pierdere sau o acuratețe. Scrie "
    "`return model`: acuratețea se măsoară afară, pe rânduri pe care codul tău nu le-a avut.",
    "advice.returned_history": "`fit` dă istoricul antrenării, nu modelul. Apelează-l pe un rând al lui și "
    "scrie apoi `return model`.",
    "advice.returned_trainer": "`train` a întors trainerul. Scrie `return model`: este același obiect pe "
    "care l-a antrenat trainerul.",
    "advice.may_never_end": "Această buclă merge până când ceva devine adevărat, ceea ce poate să nu se "
    "întâmple niciodată: o pierdere se apropie de 0 și nu ajunge acolo. Numără epocile, `for epoch in "
    "range(100):`, și ieși mai devreme cu `break`.",
    "advice.not_finite_here": "`log(0)` este infinit, la fel și `exp` din orice trece de 88. Ia pierderea "
    "framework-ului, care calculează direct cu scorurile, sau ține între limite ce intră aici.",
    "advice.rate_may_be_too_high": "Adesea ponderile cresc fără limită pentru că rata de învățare este "
    "prea mare. Încearcă a zecea parte din ea și afișează pierderea fiecărei epoci: prima care este `nan` "
    "arată când s-a întâmplat.",
    # Forma predicțiilor.
    "advice.one_output": "Modelul dă câte un număr pe rând; un clasificator dă câte un scor pentru fiecare "
    "clasă. Fă ultimul strat lat de `lab.n_classes` și ia ca pierdere cross-entropy.",
    "advice.one_number_a_row": "Pe fiecare rând este un singur număr cu virgulă. Întoarce scorurile "
    "tuturor claselor; se primesc și numere de clasă, dar întregi.",
    "advice.outputs_and_classes": "Modelul dă {outputs} {outputs:scor|scoruri|de scoruri} pe rând. Ultimul "
    "strat are nevoie de câte unul pentru fiecare clasă: `lab.n_classes`.",
    "advice.more_than_one_row": "Predicțiile au trei dimensiuni. Unde intrările sunt imagini, "
    "aplatizează-le mai întâi în interiorul modelului, ca un rând de scoruri să stea pentru o imagine "
    "întreagă.",
    # Fișiere pe care Python nu le poate citi.
    "advice.colon": "Rândurile care încep un bloc (`for`, `if`, `def`, `class`, `with`, `else`) se termină "
    "cu două puncte.",
    "advice.indentation": "Rândurile unui bloc încep în aceeași coloană, cu patru spații mai înăuntru "
    "decât rândul de deasupra care se termină cu două puncte. Nu amesteca taburi și spații.",
    "advice.brackets": "O paranteză nu are pereche. Numără `(`, `[` și `{{` de la acest rând încolo; "
    "adesea este rândul dinaintea celui de care se plânge Python.",
    "advice.quotes": "Un text nu are ghilimele de închidere. Uită-te la acest rând și la cel de dinainte.",
    "advice.two_equal_signs": "Ca să compari, scrie `==`; un singur `=` dă unui nume o valoare.",
    # Cifre.
    "advice.nothing_recorded": "Nu există o curbă de învățare, așa că nu se poate spune nimic despre cum a "
    "mers antrenarea. Apelează `lab.epoch(model)` la sfârșitul fiecărei epoci și predă din nou.",
    "advice.one_epoch": "A fost înregistrată o singură epocă, iar după ea eroarea de antrenare a fost "
    "{error:share}. Cele mai multe modele au nevoie de zeci de epoci, pe un set de date mic de sute: "
    "antrenează mai multe.",
    "advice.stands_still": "Eroarea de antrenare a rămas la circa {error:share} în toate cele {epochs} "
    "{epochs:epocă înregistrată|epoci înregistrate|de epoci înregistrate}. Adesea rata de învățare este "
    "mult prea mică sau mult prea mare, intrările nu sunt scalate ori niciun pas nu ajunge la ponderi. "
    "Încearcă o rată de zece ori mai mare, apoi una de zece ori mai mică, și afișează pierderea fiecărei "
    "epoci: se schimbă?",
    "advice.swings": "În ultimele {epochs} {epochs:epocă înregistrată|epoci înregistrate|de epoci "
    "înregistrate} eroarea de antrenare a urcat cu peste 5 puncte procentuale de {rises} ori, între "
    "{low:share} și {high:share}. Adesea rata de învățare este prea mare sau intrările nu sunt scalate: "
    "încearcă o treime din rată și intrări cu media 0 și abaterea 1, scalate în interiorul modelului.",
    "advice.still_falling": "Eroarea de antrenare încă scădea când s-a încheiat antrenarea: de la "
    "{before:share} după epoca {epoch} la {error:share} după epoca {epochs}. Antrenează mai multe epoci.",
    "advice.returned_otherwise": "După epoca {epoch}, ultima înregistrată, eroarea de antrenare era "
    "{recorded:share}; modelul pe care l-a întors `train` are {returned:share} pe rândurile de antrenare. "
    "Vezi dacă întoarce modelul înregistrat și dacă ceva îl schimbă după aceea.",
    "advice.one_answer": "Modelul dă răspunsul {answer} la fiecare rând de antrenare. Adesea vine de la "
    "intrări care sunt scalate la antrenare, dar nu și la predicție, de la o rată de învățare mult prea "
    "mare sau prea mică ori de la o antrenare cu prea puțini pași.",
    "advice.never_answered": "Niciodată răspuns la un rând de antrenare: {classes}. Adesea antrenarea a "
    "fost prea scurtă sau rata de învățare nepotrivită; matricea de confuzie arată drept ce sunt luate "
    "aceste rânduri.",
    # Ce sare în ochi în cod.
    "advice.look_no_backward": "Optimizatorul face pași, dar nimic din fișier nu apelează "
    "`loss.backward()`, care calculează gradienții după care pășește.",
    "advice.look_no_step": "`backward()` calculează gradienți, dar nimic din fișier nu apelează "
    "`optimizer.step()`, care schimbă ponderile după ei.",
    "advice.look_no_zero_grad": "`backward()` adună la gradienții pașilor dinainte, și nimic din fișier nu "
    "îi pune pe zero. Apelează `optimizer.zero_grad()` o dată la fiecare pas.",
    "advice.look_gradients_not_applied": "Aici se calculează gradienți, dar nimic din fișier nu schimbă "
    "vreo variabilă după ei: `optimizer.apply_gradients(...)` sau `variable.assign_sub(learning_rate * "
    "gradient)`.",
    "advice.look_step_returns_nothing": "`training_step` nu întoarce nimic, iar Lightning antrenează după "
    "pierderea pe care o întoarce. Încheie-o cu `return loss`.",
    "advice.look_new_model_returned": "Aici se face și se întoarce un model nou, pe care nu l-a antrenat "
    "nimic. Întoarce-l pe cel antrenat: `return model`.",
    "advice.look_new_model_each_epoch": "Modelul se face din nou în buclă, așa că fiecare tură începe de "
    "la zero. Fă modelul și optimizatorul lui o singură dată, înainte de buclă.",
    "advice.look_softmax_before_cross_entropy": "În model este un softmax, iar cross-entropy din PyTorch "
    "aplică unul ea însăși: de două ori face învățarea lentă. Lasă modelul să întoarcă scorurile așa cum "
    "sunt.",
    "advice.look_softmax_and_from_logits": "Modelul se termină cu un softmax, iar pierderea primește "
    "scoruri de dinaintea lui (logits) și îl aplică ea însăși: de două ori face învățarea lentă. Lasă "
    "deoparte unul: softmax de aici sau `from_logits=True`.",
    "advice.look_logits_taken_for_probabilities": "Această pierdere primește probabilități, și niciun "
    'strat nu are softmax. Scrie `activation="softmax"` în ultimul strat sau ia '
    "`keras.losses.SparseCategoricalCrossentropy(from_logits=True)`.",
    "advice.look_scaled_only_in_training": "Intrările sunt scalate aici, în `train`, iar la predicție "
    "modelul le primește nescalate. Scalează în interiorul modelului sau în `predict`, cu media și abaterea "
    "rândurilor de antrenare.",
    "advice.look_eval_and_never_train": "`eval()` în buclă și niciun `train()`: de la a doua tură, dropout "
    "și normalizarea pe loturi nu mai lucrează ca la antrenare. Apelează `model.train()` la începutul "
    "fiecărei ture.",
    "advice.look_dropout_always_on": "Acest dropout taie și la predicție. Scrie `training=self.training` "
    "sau folosește stratul `nn.Dropout`, pe care modul de evaluare îl oprește.",
}
