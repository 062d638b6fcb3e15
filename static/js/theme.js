// @ts-check
// Runs before the first paint, so a chosen theme never flashes. A classic script on purpose.
(() => {
  const KEY = "observe-theme";
  const root = document.documentElement;

  const chosen = () => {
    try {
      return localStorage.getItem(KEY) || "device";
    } catch {
      return "device"; // storage switched off: the page follows the device
    }
  };

  /** @param {string} theme */
  const apply = (theme) => {
    if (theme === "device") root.removeAttribute("data-theme");
    else root.dataset.theme = theme;
  };

  apply(chosen());

  document.addEventListener("DOMContentLoaded", () => {
    for (const select of document.querySelectorAll("select[data-theme-choice]")) {
      if (!(select instanceof HTMLSelectElement)) continue;
      select.value = chosen();
      select.closest("label")?.removeAttribute("hidden");
      select.addEventListener("change", () => {
        try {
          localStorage.setItem(KEY, select.value);
        } catch {
          // applied to this page only
        }
        apply(select.value);
      });
    }
  });

  addEventListener("storage", (event) => {
    if (event.key === KEY) apply(event.newValue || "device");
  });
})();
