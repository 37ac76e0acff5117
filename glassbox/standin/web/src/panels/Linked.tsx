import type { FieldDisplay } from '@grafana/data';
import { DataLinksContextMenu } from '@grafana/ui';
import type { MouseEventHandler, ReactElement } from 'react';

interface LinkedProps {
  value: FieldDisplay;
  children: (onClick?: MouseEventHandler<HTMLElement>) => ReactElement;
}

/** A drawing that opens the data links of its value, if it has any. */
export function Linked({ value, children }: LinkedProps) {
  const { hasLinks, getLinks } = value;
  if (!hasLinks || !getLinks) return children();
  return <DataLinksContextMenu links={getLinks}>{({ openMenu }) => children(openMenu)}</DataLinksContextMenu>;
}
