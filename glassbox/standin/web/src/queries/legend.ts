import type { Labels } from '@grafana/data';

/** `metric{a="x", b="y"}`, as Prometheus writes a series. */
export function seriesText(labels: Labels): string {
  const { __name__: name = '', ...rest } = labels;
  const inner = Object.keys(rest)
    .sort()
    .map((key) => `${key}="${rest[key]}"`)
    .join(', ');
  return inner || !name ? `${name}{${inner}}` : name;
}

/** The template with each `{{label}}` filled; a missing label leaves nothing, or in annotations its name. */
export function fillTemplate(template: string, labels: Labels, missing: 'empty' | 'name' = 'empty'): string {
  return template.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label: string) =>
    Object.hasOwn(labels, label) ? (labels[label] ?? '') : missing === 'name' ? label : '',
  );
}

/**
 * The name of a series, or undefined where Grafana's own rule for a whole panel (`__auto`) names it: the only label that
 * differs, else all of them.
 */
export function seriesName(legendFormat: string | undefined, labels: Labels, expr: string): string | undefined {
  const empty = Object.keys(labels).length === 0;
  if (legendFormat === '__auto') return empty ? expr : undefined;
  if (legendFormat) return fillTemplate(legendFormat, labels);
  return empty ? expr : seriesText(labels);
}
