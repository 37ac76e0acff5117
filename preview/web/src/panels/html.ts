import { renderTextPanelMarkdown, textUtil } from '@grafana/data';

/** Markdown or HTML without scripts, frames and handlers. */
export function toHtml(mode: string, content: string): string {
  return mode === 'html' ? textUtil.sanitizeTextPanelContent(content) : renderTextPanelMarkdown(content);
}
