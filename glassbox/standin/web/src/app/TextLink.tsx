import { useTheme2 } from '@grafana/ui';
import type { ReactNode } from 'react';

/** A link in a text. That of @grafana/ui would need a router. */
export function TextLink({ href, external, children }: { href: string; external?: boolean; children: ReactNode }) {
  const theme = useTheme2();
  return (
    <a href={href} target={external ? '_blank' : undefined} rel="noreferrer" style={{ color: theme.colors.text.link }}>
      {children}
    </a>
  );
}
