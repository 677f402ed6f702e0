// Some of the parent theme's fields stand beside a label that does not name them: a screen reader would be silent.
document.addEventListener("DOMContentLoaded", () => {
  for (const field of document.querySelectorAll("input:not([type=hidden]):not([type=submit])")) {
    if (field.labels.length || field.hasAttribute("aria-label")) continue;
    const group = field.closest(".pf-v5-c-form__group");
    const label = group && group.querySelector(".pf-v5-c-form__label-text");
    if (label) field.setAttribute("aria-label", label.textContent.trim());
  }
});
