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
 * Where everything is drawn: rows opened or closed as `isOpen` says, repeats spelled out, and what follows moved by what
 * they take or leave. Without either, each panel is exactly at its `gridPos`.
 */
export function layOut(panels: Panel[], variables: Variables, isOpen: (row: Panel) => boolean): Placed[] {
  let shift = 0;
  return sections(panels).flatMap((section) => {
    const placed: Placed[] = [];
    const clones = section.row?.repeat ? repeats(section.row, variables) : [section.row];
    clones.forEach((row, index) => {
      const { items, grown } = placeSection({ row, members: section.members }, variables, shift, index, isOpen);
      placed.push(...items);
      shift += grown + (index + 1 < clones.length ? heightOf(section, isOpen) : 0);
    });
    return placed;
  });
}

/** The panels before the first row, then each row with what belongs to it. */
function sections(panels: Panel[]): Section[] {
  const ordered = panels
    .map((panel) => ({ ...panel, gridPos: { ...DEFAULT_POSITION, ...panel.gridPos } }))
    .sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x);
  const found: Section[] = [{ members: [] }];
  for (const panel of ordered) {
    if (panel.type !== 'row') found.at(-1)?.members.push(panel);
    else found.push({ row: panel, members: panel.collapsed ? (panel.panels ?? []) : [] });
  }
  return found;
}

const bottom = ({ gridPos }: Panel): number => gridPos.y + gridPos.h;

/** Rows of the grid that a section takes where it stands, its heading included. */
function heightOf({ row, members }: Section, isOpen: (row: Panel) => boolean): number {
  if (!row) return 0;
  return 1 + (isOpen(row) ? contentHeight(row, members) : 0);
}

const contentHeight = (row: Panel, members: Panel[]): number => Math.max(0, ...members.map(bottom).map((y) => y - row.gridPos.y - 1));

function placeSection({ row, members }: Section, variables: Variables, shift: number, clone: number, isOpen: (row: Panel) => boolean) {
  const items: Placed[] = [];
  if (row) {
    const open = isOpen(row);
    items.push({ key: keyOf(row, clone), panel: row, position: moved(row.gridPos, shift), open });
    const content = contentHeight(row, members);
    if (!open) return { items, grown: row.collapsed ? 0 : -content };
    if (row.collapsed) return placeMembers(row, members, variables, shift, clone, items, content);
  }
  return placeMembers(row, members, variables, shift, clone, items, 0);
}

function placeMembers(row: Panel | undefined, members: Panel[], variables: Variables, shift: number, clone: number, items: Placed[], opened: number) {
  let extra = 0;
  for (const member of members) {
    const panel = row?.repeated ? { ...member, repeated: row.repeated } : member;
    if (!panel.repeat) {
      items.push({ key: keyOf(panel, clone), panel, position: moved(panel.gridPos, shift + extra) });
      continue;
    }
    const copies = repeatPanel(panel, repeats(panel, variables));
    items.push(...copies.map((copy, index) => ({ key: keyOf(copy, index, clone), panel: copy, position: moved(copy.gridPos, shift + extra) })));
    extra += Math.max(...copies.map(bottom)) - bottom(panel);
  }
  return { items, grown: opened + extra };
}

const moved = (position: GridPos, rows: number): GridPos => ({ ...position, y: position.y + rows });
const keyOf = (panel: Panel, ...clones: number[]): string => [panel.id, ...clones.filter((clone) => clone > 0).map((clone) => `clone-${clone}`)].join('-');

/** One copy for each chosen value, with that value as its own; without any, one as it is. */
function repeats(panel: Panel, variables: Variables): Panel[] {
  const variable = variables.get(panel.repeat ?? '');
  const chosen = variable ? chosenOptions(variable) : [];
  if (!chosen.length) return [panel];
  return chosen.map(({ value, text }) => ({ ...panel, repeated: [...(panel.repeated ?? []), { name: panel.repeat ?? '', value, text }] }));
}

/** `h`: over the whole width, at most `maxPerRow` beside each other; `v`: one below another. */
function repeatPanel(panel: Panel, copies: Panel[]): Panel[] {
  const { x, y, w, h } = panel.gridPos;
  if (panel.repeatDirection === 'v') return copies.map((copy, index) => ({ ...copy, gridPos: { x, y: y + index * h, w, h } }));
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

/** A grid position in pixels: 24 columns over `width`, rows of 30 px, 8 px between. */
export function toPixels({ x, y, w, h }: GridPos, width: number): Box {
  const column = (width - GAP_PX * (COLUMNS - 1)) / COLUMNS;
  return {
    left: x * (column + GAP_PX),
    top: y * (ROW_PX + GAP_PX),
    width: w * column + (w - 1) * GAP_PX,
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
