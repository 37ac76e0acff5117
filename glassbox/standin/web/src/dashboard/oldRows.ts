import type { Dashboard, Panel } from './model';

interface OldRow {
  title?: string;
  showTitle?: boolean;
  collapse?: boolean;
  height?: string | number;
  panels?: (Panel & { span?: number; height?: string | number })[];
}

/** Of a grid of 24; old rows had 12. */
const COLUMNS = 24;
const DEFAULT_SPAN = 4;
const DEFAULT_HEIGHT_PX = 250;
const LEAST_HEIGHT = 3;
/** One row of the grid with the gap below it. */
const ROW_PX = 38;

/** The panels of a dashboard from before version 5, whose rows held panels side by side; undefined for a later one. */
export function panelsOfRows(dashboard: Dashboard & { rows?: unknown }): Panel[] | undefined {
  if (dashboard.panels || !Array.isArray(dashboard.rows)) return undefined;
  const found: Panel[] = [];
  let y = 0;
  for (const row of dashboard.rows as OldRow[]) {
    const placed = inRow(row, row.showTitle || row.collapse ? y + 1 : y);
    const bottom = Math.max(y + 1, ...placed.map(({ gridPos }) => gridPos.y + gridPos.h));
    const heading = { type: 'row', title: row.title, gridPos: { x: 0, y, w: COLUMNS, h: 1 } } as Panel;
    if (row.collapse) found.push({ ...heading, collapsed: true, panels: placed });
    else found.push(...(row.showTitle ? [heading] : []), ...placed);
    y = row.collapse ? y + 1 : bottom;
  }
  return found;
}

function inRow(row: OldRow, top: number): Panel[] {
  let x = 0;
  let y = top;
  let below = top;
  return (row.panels ?? []).map((panel) => {
    const w = Math.min(COLUMNS, Math.max(1, Math.floor((panel.span ?? DEFAULT_SPAN) * 2)));
    const h = gridHeight(panel.height ?? row.height);
    if (x + w > COLUMNS) [x, y] = [0, below];
    const gridPos = { x, y, w, h };
    x += w;
    below = Math.max(below, y + h);
    return { ...panel, gridPos };
  });
}

function gridHeight(height: string | number | undefined): number {
  const pixels = Number.parseFloat(String(height ?? DEFAULT_HEIGHT_PX));
  return Math.max(LEAST_HEIGHT, Math.ceil((Number.isFinite(pixels) ? pixels : DEFAULT_HEIGHT_PX) / ROW_PX));
}
