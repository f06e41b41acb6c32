// A file dropped anywhere on the label goes into its input. Without this script the input itself takes drops.
"use strict";
(() => {
  for (const zone of document.querySelectorAll(".drop")) {
    const input = zone.querySelector("input[type=file]");
    const show = (over) => (event) => { event.preventDefault(); zone.classList.toggle("over", over); };
    zone.addEventListener("dragenter", show(true));
    zone.addEventListener("dragover", show(true));
    zone.addEventListener("dragleave", show(false));
    zone.addEventListener("drop", (event) => {
      show(false)(event);
      if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    });
  }
})();
