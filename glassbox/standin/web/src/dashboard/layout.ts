import { chosenOptions, type Variables } from '../variables/state';
import type { GridPos, Panel } from './model';

export const COLUMNS = 24;
export const ROW_PX = 30;
export const GAP_PX = 8;
const DEFAULT_POSITION: GridPos = { x: 0, y: 0, w: 6, h: 3 };
const DEFAULT_PER_ROW = 4;

/** A panel or a row's heading at its place in the grid. */
export interface Placed {
  /** Unique among all, clones included. */
  key: string;
  panel: Panel;
  position: GridPos;
  /** Of a row's heading. */
  open?: boolean;
}

interface Section {
  row?: Panel;
  members: Panel[];
}

/**
 * Where everything is drawn: rows opened or closed as `isOpen` says, repeats spelled out. As in Grafana's grid everything
 * moves up until it meets something, so without either each panel of a gapless board is exactly at its `gridPos`.
 */
export function layOut(panels: Panel[], variables: Variables, isOpen: (row: Panel) => boolean): Placed[] {
  const placed = sections(panels).flatMap(({ row, members }) => {
    if (!row) return placeMembers(members, variables);
    const copies = row.repeat ? repeats(row, variables) : [row];
    return copies.flatMap((copy, clone) => [
      { key: keyOf(copy, clone), panel: copy, position: copy.gridPos, open: isOpen(copy) },
      ...(isOpen(copy) ? placeMembers(members, variables, copy, clone) : []),
    ]);
  });
  return compacted(placed);
}

/** The panels before the first row, then each row with what belongs to it. */
function sections(panels: Panel[]): Section[] {
  const found: Section[] = [{ members: [] }];
  for (const panel of ordered(panels)) {
    if (panel.type !== 'row') found.at(-1)?.members.push(panel);
    else if (panel.collapsed) found.push({ row: panel, members: ordered(panel.panels ?? []) }, { members: [] });
    else found.push({ row: panel, members: [] });
  }
  return found;
}

const ordered = (panels: Panel[]): Panel[] =>
  panels
    .map((panel) => ({ ...panel, gridPos: { ...DEFAULT_POSITION, ...panel.gridPos } }))
    .sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x);

function placeMembers(members: Panel[], variables: Variables, row?: Panel, rowClone = 0): Placed[] {
  return members.flatMap((member) => {
    const panel = row?.repeated ? { ...member, repeated: row.repeated } : member;
    const copies = panel.repeat ? repeatPanel(panel, repeats(panel, variables)) : [panel];
    return copies.map((copy, clone) => ({ key: keyOf(copy, clone, rowClone), panel: copy, position: copy.gridPos }));
  });
}

/** Each as high as it can be below those before it that share a column with it. */
function compacted(placed: Placed[]): Placed[] {
  const free: number[] = Array(COLUMNS).fill(0);
  return placed.map((item) => {
    const { x, w, h } = item.position;
    const from = Math.max(0, Math.floor(x));
    const to = Math.min(COLUMNS, Math.ceil(x + w));
    const y = Math.max(0, ...free.slice(from, to));
    free.fill(y + h, from, to);
    return { ...item, position: { ...item.position, y } };
  });
}

const keyOf = (panel: Panel, ...clones: number[]): string =>
  [panel.id, ...clones.filter((clone) => clone > 0).map((clone) => `clone-${clone}`)].join('-');

/** One copy for each chosen value, with that value as its own; without any, the original. */
function repeats(panel: Panel, variables: Variables): Panel[] {
  const variable = variables.get(panel.repeat ?? '');
  const chosen = variable ? chosenOptions(variable) : [];
  if (!chosen.length) return [panel];
  return chosen.map(({ value, text }) => ({
    ...panel,
    repeated: [...(panel.repeated ?? []), { name: panel.repeat ?? '', value, text }],
  }));
}

/** `h`: over the whole width, at most `maxPerRow` beside each other; `v`: one below another. */
function repeatPanel(panel: Panel, copies: Panel[]): Panel[] {
  const { x, y, w, h } = panel.gridPos;
  if (panel.repeatDirection === 'v')
    return copies.map((copy, index) => ({ ...copy, gridPos: { x, y: y + index * h, w, h } }));
  const rows = Math.ceil(copies.length / (panel.maxPerRow ?? DEFAULT_PER_ROW));
  const columns = Math.ceil(copies.length / rows);
  const width = COLUMNS / columns;
  return copies.map((copy, index) => ({
    ...copy,
    gridPos: { x: (index % columns) * width, y: y + Math.floor(index / columns) * h, w: width, h },
  }));
}

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** A grid position in pixels: 24 columns over `width`, rows of 30 px, 8 px between; to whole pixels. */
export function toPixels({ x, y, w, h }: GridPos, width: number): Box {
  const column = (width - GAP_PX * (COLUMNS - 1)) / COLUMNS;
  return {
    left: Math.round(x * (column + GAP_PX)),
    top: y * (ROW_PX + GAP_PX),
    width: Math.round(w * column + (w - 1) * GAP_PX),
    height: h * ROW_PX + (h - 1) * GAP_PX,
  };
}

/** One below another over the whole width: for phones. */
export function stacked(placed: Placed[], width: number): Box[] {
  let top = 0;
  return placed.map(({ position, open }) => {
    const height = open === undefined ? position.h * ROW_PX + (position.h - 1) * GAP_PX : ROW_PX;
    const box = { left: 0, top, width, height };
    top += height + GAP_PX;
    return box;
  });
}
