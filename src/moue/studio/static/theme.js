// Runs before the first paint; the rest of the page is a module and runs later.
(function () {
  var theme = null;
  try { theme = localStorage.getItem("moue.theme"); } catch (error) { /* storage is disabled */ }
  if (theme === '"light"' || theme === '"dark"') {
    document.documentElement.dataset.theme = JSON.parse(theme);
  }
  if (location.search) history.replaceState(null, "", location.pathname + location.hash); // the token
})();
