// Draws every [data-figure] with Plotly from the JSON block of that id. Colours are names of CSS tokens
// ("--good"), so that a chart follows the colour scheme. A dot with customdata leads to that address; with
// the keyboard, arrow keys move from one to the next, their text is read out, and Enter opens.
"use strict";
(() => {
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");

  function coloured(value, style) {
    if (typeof value === "string" && value.startsWith("--")) return style.getPropertyValue(value).trim();
    if (Array.isArray(value)) return value.map((item) => coloured(item, style));
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, style)]));
    }
    return value;
  }

  function draw(place) {
    const style = getComputedStyle(document.documentElement);
    const token = (name) => style.getPropertyValue(name).trim();
    const figure = coloured(JSON.parse(document.getElementById(place.dataset.figure).textContent), style);
    const ground = {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: token("--ink"), family: getComputedStyle(document.body).fontFamily, size: 13 },
      hoverlabel: { bgcolor: token("--panel"), bordercolor: token("--strong-line"), font: { color: token("--ink") } },
    };
    return Plotly.react(place, figure.data, { ...ground, ...figure.layout }, { displayModeBar: false, responsive: true });
  }

  function open(address) {
    if (typeof address === "string" && address.startsWith("/")) window.location.assign(address);
  }

  // Every point of every trace that is shown, from left to right.
  function points(place) {
    const found = place.data.flatMap((trace, curveNumber) =>
      trace.visible === false ? [] : trace.text.map((text, pointNumber) => ({ trace, curveNumber, pointNumber, text })));
    const along = ({ trace, pointNumber }) => Number(trace.orientation === "h" ? 0 : trace.x[pointNumber]);
    return found.sort((one, other) => along(one) - along(other));
  }

  function walkWithKeys(place) {
    const told = document.createElement("p");
    told.className = "unseen";
    told.setAttribute("aria-live", "polite");
    place.after(told);
    let at = -1;
    place.addEventListener("keydown", (event) => {
      const all = points(place);
      const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
      if (event.key in steps && all.length) {
        event.preventDefault();
        at = at < 0 ? (steps[event.key] > 0 ? 0 : all.length - 1) : (at + steps[event.key] + all.length) % all.length;
        const { curveNumber, pointNumber, text } = all[at];
        Plotly.Fx.hover(place, [{ curveNumber, pointNumber }]);
        told.textContent = text.replaceAll("<br>", ", ");
      } else if (event.key === "Enter" && at >= 0) {
        open(all[at].trace.customdata?.[all[at].pointNumber]);
      } else if (event.key === "Escape") {
        at = -1;
        Plotly.Fx.unhover(place);
      }
    });
  }

  for (const place of document.querySelectorAll("[data-figure]")) {
    draw(place).then(() => {
      place.on("plotly_click", (event) => open(event.points[0]?.customdata));
      place.on("plotly_hover", (event) => { place.style.cursor = event.points[0]?.customdata ? "pointer" : ""; });
      place.on("plotly_unhover", () => { place.style.cursor = ""; });
      walkWithKeys(place);
      place.dataset.drawn = "yes";
    });
    scheme.addEventListener("change", () => draw(place));
  }
})();
