// What every page needs beyond HTML: theme switch, menus that close, htmx with the form token.
(() => {
  const root = document.documentElement;

  // A choice is remembered for a year; it is a preference of this browser and nothing else.
  document.querySelectorAll("[data-theme-switch]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
      root.dataset.bsTheme = theme;
      const secure = location.protocol === "https:" ? "; Secure" : "";
      document.cookie = `kontor-theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    });
  });

  const menus = () => document.querySelectorAll("details[data-menu][open]");
  document.addEventListener("click", (event) => {
    menus().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menus().forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
  });

  // A form is sent once: request_id makes a repetition harmless, this makes it rare.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
    setTimeout(() => { delete form.dataset.sent; form.removeAttribute("aria-busy"); }, 4000);
  });
  // Coming back with the back button shows a form that may be sent again.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
  });

  // Every writing request of htmx carries the same proof as a form.
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
    // What asks again by itself asks for somebody who looks.
    if (document.hidden && event.detail.elt.matches("[data-polled]")) event.preventDefault();
  });
  // Errors come as fragments that say what to do; htmx would drop them. What asks again by itself does better to wait.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { elt, xhr } = event.detail;
    if (xhr.status >= 400 && xhr.status !== 401 && !elt.matches("[data-polled]")) event.detail.shouldSwap = true;
  });

  // A table that is wider than the screen fades where it goes on.
  const showMore = () => document.querySelectorAll(".k-table").forEach((table) => {
    table.toggleAttribute("data-more", table.scrollLeft + table.clientWidth < table.scrollWidth - 4);
  });
  showMore();
  ["load", "resize"].forEach((type) => window.addEventListener(type, showMore));
  document.addEventListener("scroll", showMore, { capture: true, passive: true });
  document.addEventListener("htmx:afterSwap", showMore);

  // After an error the reader starts at the first field that needs attention.
  const wrong = document.querySelector("[aria-invalid='true']");
  if (wrong) wrong.focus();
})();
