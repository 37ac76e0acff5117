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

export function stubs(): Plugin {
  return {
    name: 'stub-unused',
    enforce: 'pre',
    resolveId: (id) => (UNUSED.test(id) ? `\0stub:${id}` : undefined),
    load: (id) => (id.startsWith('\0stub:') ? EMPTY : undefined),
  };
}
