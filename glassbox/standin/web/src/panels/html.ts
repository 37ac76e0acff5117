import { renderTextPanelMarkdown, textUtil } from '@grafana/data';

/** More than this would hold the page up for seconds. */
export const LONGEST_TEXT = 200_000;

/** Markdown or HTML without scripts, frames and handlers. */
export function toHtml(mode: string, content: string): string {
  return mode === 'html' ? textUtil.sanitizeTextPanelContent(content) : renderTextPanelMarkdown(content);
}
