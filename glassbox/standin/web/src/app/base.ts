/** The path below which the server serves the page, without a slash at its end: "" or "/grafana". */
export const BASE_PATH = new URL('.', document.baseURI).pathname.replace(/\/$/, '');

declare global {
  interface Window {
    __grafana_public_path__?: string;
  }
}

// @grafana/ui looks for its fonts and icons below this.
window.__grafana_public_path__ = `${BASE_PATH}/public/standin/`;
