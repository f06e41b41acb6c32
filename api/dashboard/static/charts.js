// Draws every [data-figure] with Plotly from the JSON block of that id. Colours are names of CSS tokens
// ("--good"), so that a chart follows the colour scheme. A dot with customdata leads to that address.
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
    const figure = coloured(JSON.parse(document.getElementById(place.dataset.figure).textContent), style);
    const ground = {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: style.getPropertyValue("--ink").trim(), family: getComputedStyle(document.body).fontFamily, size: 13 },
      hoverlabel: { bgcolor: style.getPropertyValue("--panel").trim(), font: { color: style.getPropertyValue("--ink").trim() } },
    };
    return Plotly.react(place, figure.data, { ...ground, ...figure.layout }, { displayModeBar: false, responsive: true });
  }

  for (const place of document.querySelectorAll("[data-figure]")) {
    draw(place).then(() => {
      place.on("plotly_click", (event) => {
        const address = event.points[0]?.customdata;
        if (typeof address === "string" && address.startsWith("/")) window.location.assign(address);
      });
      place.on("plotly_hover", () => { place.style.cursor = "pointer"; });
      place.on("plotly_unhover", () => { place.style.cursor = ""; });
      place.dataset.drawn = "yes";
    });
    scheme.addEventListener("change", () => draw(place));
  }
})();
