"use strict";
(() => {
  const form = document.getElementById("filters");
  if (!form) return;
  const findings = [...document.querySelectorAll("article[data-check]")];
  const shown = document.getElementById("shown");
  const filter = () => {
    const severities = new Set([...form.querySelectorAll("input[name=severity]:checked")].map((box) => box.value));
    const check = form.elements.check.value;
    const known = form.elements.known ? form.elements.known.checked : false;
    const words = form.elements.words.value.trim().toLowerCase();
    let count = 0;
    for (const finding of findings) {
      const fits =
        severities.has(finding.dataset.severity) &&
        (check === "" || finding.dataset.check === check) &&
        (known || finding.dataset.known !== "yes") &&
        (words === "" || finding.textContent.toLowerCase().includes(words));
      finding.hidden = !fits;
      if (fits) count += 1;
    }
    shown.textContent = `${count} of ${findings.length} shown`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
})();
