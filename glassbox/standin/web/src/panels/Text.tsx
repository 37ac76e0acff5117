import { useMemo } from 'react';
import { LONGEST_TEXT, toHtml } from './html';
import { optionsOf, type PanelProps } from './props';

interface TextOptions {
  mode: 'markdown' | 'html' | 'code';
  content: string;
}

export function Text(props: PanelProps) {
  const { mode = 'markdown', content: full = '' } = optionsOf<TextOptions>(props);
  const content = String(full).slice(0, LONGEST_TEXT);
  const { replace, height } = props;
  const html = useMemo(() => toHtml(mode, replace(content, {}, 'html')), [mode, content, replace]);
  const style = { height, overflow: 'auto' } as const;
  if (mode === 'code') return <pre style={style}>{replace(content, {}, 'text')}</pre>;
  // The HTML is sanitised by @grafana/data, as Grafana's own panel does
  return <div className="markdown-html" style={style} dangerouslySetInnerHTML={{ __html: html }} />;
}
