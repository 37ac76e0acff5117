import { Icon, useTheme2 } from '@grafana/ui';
import { useMemo, useState } from 'react';
import { useApp } from '../app/context';
import { asText, interpolate } from '../variables/interpolate';
import { type Box, GAP_PX, layOut, type Placed, stacked, toPixels } from './layout';
import type { Panel } from './model';
import { PanelFrame } from './PanelFrame';
import { panelLookup, useSession } from './session';

/** Narrower than this, panels stand one below another. */
const PHONE_PX = 769;

interface GridProps {
  width: number;
  /** Only these panels, by key: `panelIds` of the address. */
  only?: ReadonlySet<string>;
}

/** The panels of the dashboard at their places. */
export function Grid({ width, only }: GridProps) {
  const { dashboard, variables } = useSession();
  const { picture } = useApp();
  const [turned, setTurned] = useState<ReadonlySet<number>>(new Set());
  const placed = useMemo(() => {
    const isOpen = (row: Panel): boolean => picture || Boolean(row.collapsed) === turned.has(row.id);
    return layOut(dashboard.panels ?? [], variables, isOpen).filter(({ key }) => !only || only.has(key));
  }, [dashboard, variables, picture, turned, only]);
  const boxes =
    width < PHONE_PX && !picture ? stacked(placed, width) : placed.map(({ position }) => toPixels(position, width));
  const height = Math.max(0, ...boxes.map((box) => box.top + box.height)) + GAP_PX;
  const turn = (id: number): void =>
    setTurned((now) => new Set(now.has(id) ? [...now].filter((one) => one !== id) : [...now, id]));
  return (
    <div id="panels" style={{ position: 'relative', height, width }}>
      {placed.map((item, index) => {
        const box = boxes[index] ?? toPixels(item.position, width);
        if (item.open === undefined) return <PanelFrame key={item.key} id={item.key} panel={item.panel} box={box} />;
        return <RowHeading key={item.key} item={item} box={box} onTurn={() => turn(item.panel.id)} />;
      })}
    </div>
  );
}

/** One panel over the whole window: `viewPanel` of the address. */
export function SinglePanel({ id, width, height }: { id: string; width: number; height: number }) {
  const { dashboard, variables } = useSession();
  const found = useMemo(
    () => layOut(dashboard.panels ?? [], variables, () => true).find(({ key }) => key === id),
    [dashboard, variables, id],
  );
  if (!found) return null;
  return (
    <div id="panels" style={{ position: 'relative', height, width }}>
      <PanelFrame id={found.key} panel={found.panel} box={{ left: 0, top: 0, width, height }} />
    </div>
  );
}

function RowHeading({ item, box, onTurn }: { item: Placed; box: Box; onTurn: () => void }) {
  const session = useSession();
  const theme = useTheme2();
  return (
    <button
      type="button"
      aria-expanded={item.open}
      data-row-id={item.key}
      onClick={onTurn}
      style={{
        position: 'absolute',
        ...box,
        display: 'flex',
        alignItems: 'center',
        gap: theme.spacing(1),
        padding: 0,
        border: 'none',
        background: 'transparent',
        color: theme.colors.text.primary,
        font: 'inherit',
        fontSize: theme.typography.h5.fontSize,
        fontWeight: theme.typography.fontWeightMedium,
        cursor: 'pointer',
      }}
    >
      <Icon name={item.open ? 'angle-down' : 'angle-right'} />
      {interpolate(item.panel.title ?? '', panelLookup(session, item.panel), asText)}
    </button>
  );
}
