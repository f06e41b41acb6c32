// What the pages on which staff act do more with a script: arrow keys lead to the next student, the editor of a
// document has line numbers, and a fault leads to its line. Without it everything is links and forms.
"use strict";
(() => {
  for (const hint of document.querySelectorAll("[data-scripted]")) hint.hidden = false;

  // Arrow keys, where they mean nothing else: not in a field, and not in what scrolls by them.
  const OWN = "input, textarea, select, summary, audio, video, [contenteditable], [tabindex='0']";
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target instanceof Element && event.target.closest(OWN)) return;
    const way = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    const link = way && document.querySelector(`.neighbours a[rel="${way}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
  });

  const text = document.getElementById("spec-text");
  if (!text) return;
  const gutter = document.createElement("div");
  gutter.className = "gutter";
  gutter.setAttribute("aria-hidden", "true");
  text.before(gutter);
  text.closest(".editor").classList.add("numbered");

  const faulty = () =>
    new Set([...document.querySelectorAll("#spec-said [data-line]")].map((link) => Number(link.dataset.line)));

  function number() {
    const lines = text.value.split("\n").length;
    const marked = faulty();
    gutter.replaceChildren(
      ...Array.from({ length: lines }, (_, index) => {
        const line = document.createElement("span");
        line.textContent = marked.has(index + 1) ? `! ${index + 1}` : String(index + 1);
        line.classList.toggle("faulty", marked.has(index + 1));
        return line;
      }),
    );
    follow();
  }

  function follow() {
    gutter.scrollTop = text.scrollTop;
  }

  function goTo(line) {
    const lines = text.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    text.focus();
    text.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
    text.scrollTop = (text.scrollHeight / lines.length) * Math.max(0, line - 5);
  }

  text.addEventListener("input", number);
  text.addEventListener("scroll", follow);
  document.body.addEventListener("htmx:afterSwap", number);
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("#spec-said [data-line]") : null;
    if (!link) return;
    event.preventDefault();
    goTo(Number(link.dataset.line));
  });
  number();
})();
