import type { Dashboard, Panel } from './model';
import { modern } from './oldPanels';
import { panelsOfRows } from './oldRows';

/** Grafana cuts longer titles, too. */
const LONGEST_TITLE = 5000;

/** A dashboard as Grafana loads it: every panel, also those in closed rows, with an id of its own and a title of bearable length. */
export function normalised(dashboard: Dashboard): Dashboard {
  const panels = listOf(panelsOfRows(dashboard) ?? dashboard.panels);
  const taken = new Set<number>();
  let last = Math.max(0, ...all(panels).map(({ id }) => (Number.isInteger(id) ? id : 0)));
  const idOf = ({ id }: Panel): number => {
    const own = Number.isInteger(id) && id > 0 && !taken.has(id) ? id : ++last;
    taken.add(own);
    return own;
  };
  const tidy = (panel: Panel): Panel => ({
    ...modern(panel),
    id: idOf(panel),
    title: String(panel.title ?? '').slice(0, LONGEST_TITLE),
    ...(panel.panels ? { panels: listOf(panel.panels).map(tidy) } : {}),
  });
  return { ...dashboard, panels: panels.map(tidy) };
}

const listOf = (panels: unknown): Panel[] =>
  Array.isArray(panels) ? panels.filter((panel): panel is Panel => typeof panel === 'object' && panel !== null) : [];

const all = (panels: Panel[]): Panel[] => panels.flatMap((panel) => [panel, ...all(listOf(panel.panels))]);
