import type { Plugin } from 'vite';

/** Editors, maps and telemetry that @grafana/ui imports and a page that only reads never opens. */
const UNUSED =
  /^(monaco-editor|@monaco-editor\/react|ol|ol\/.*|slate|slate-react|slate-plain-serializer|@codemirror\/.*|@uiw\/react-codemirror|@lezer\/.*|prismjs|@grafana\/faro-web-sdk|@opentelemetry\/.*)$/;

/** Answers every call, construction and property with itself, so that modules which prepare an editor load. */
const EMPTY = `const empty = new Proxy(function () {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => '' : empty),
  apply: () => empty,
  construct: () => empty,
});
export default empty;
export const __esModule = true;`;

/** Packages of which a page that only reads needs a few lines. */
const SMALL: Record<string, string> = {
  // @grafana/data checks custom themes with it; this page has none.
  zod: `const parsed = (data) => ({ success: true, data });
const schema = new Proxy(() => schema, { get: (_, key) => (key === 'safeParse' ? parsed : schema) });
export const { array, boolean, enum: enumeration, int, literal, number, object, string, union } = schema;
export { enumeration as enum };`,
  // @grafana/e2e-selectors sorts releases with it while the page loads; the package throws an error for every name that is not a release.
  semver: `export const valid = (text) => (/^\\d+\\.\\d+\\.\\d+$/.test(text) ? text : null);
export const compare = (a, b) => a.localeCompare(b, 'en', { numeric: true });
export const gte = (a, b) => compare(a, b) >= 0;`,
  // @grafana/ui reads the text of a shortened element with it.
  'react-dom/server': `const textOf = (node) => {
  if (Array.isArray(node)) return node.map(textOf).join('');
  return typeof node === 'string' || typeof node === 'number' ? String(node) : textOf(node?.props?.children ?? '');
};
export default { renderToStaticMarkup: textOf };`,
};

export function stubs(): Plugin {
  return {
    name: 'stub-unused',
    enforce: 'pre',
    resolveId: (id) => (UNUSED.test(id) || Object.hasOwn(SMALL, id) ? `\0stub:${id}` : undefined),
    load: (id) => (id.startsWith('\0stub:') ? (SMALL[id.slice('\0stub:'.length)] ?? EMPTY) : undefined),
  };
}
