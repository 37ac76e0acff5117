import { getNextRefId } from '@grafana/data';
import type { Dashboard, Panel, SourceRef, Target } from './model';
import { modern } from './oldPanels';
import { panelsOfRows } from './oldRows';

/** Grafana cuts longer titles, too. */
const LONGEST_TITLE = 5000;

/** A dashboard as Grafana loads it: every panel, also those in closed rows, with an id of its own and a title of bearable length. */
export function normalised(dashboard: Dashboard): Dashboard {
  const panels = listOf(panelsOfRows(dashboard) ?? dashboard.panels);
  const byId = new Map(all(panels).map((panel) => [panel.id, panel]));
  const taken = new Set<number>();
  let last = Math.max(0, ...all(panels).map(({ id }) => (Number.isInteger(id) ? id : 0)));
  const idOf = ({ id }: Panel): number => {
    const own = Number.isInteger(id) && id > 0 && !taken.has(id) ? id : ++last;
    taken.add(own);
    return own;
  };
  const tidy = (panel: Panel): Panel => ({
    ...asked(modernOrAsIs(panel), byId),
    id: idOf(panel),
    title: String(panel.title ?? '').slice(0, LONGEST_TITLE),
    ...(panel.panels ? { panels: listOf(panel.panels).map(tidy) } : {}),
  });
  return { ...dashboard, panels: panels.map(tidy) };
}

/** A panel whose old settings make no sense says by itself that it is not drawn; the others go on. */
function modernOrAsIs(panel: Panel): Panel {
  try {
    return modern(panel);
  } catch {
    return panel;
  }
}

/** The panel with what it asks: each query with a `refId`, and the queries of another panel where it shows those. */
function asked(panel: Panel, byId: ReadonlyMap<number, Panel>): Panel {
  const [first] = listed<Target & { panelId?: number }>(panel.targets);
  const shown = isPanelSource(first?.datasource ?? panel.datasource)
    ? byId.get(first?.panelId ?? Number.NaN)
    : undefined;
  if (shown) return { ...panel, datasource: shown.datasource, targets: withRefIds(listed(shown.targets)) };
  return panel.targets ? { ...panel, targets: withRefIds(listed(panel.targets)) } : panel;
}

/** Answers with what another panel of the dashboard has asked. */
const PANELS = '-- Dashboard --';

const isPanelSource = (reference: SourceRef | string | null | undefined): boolean =>
  (typeof reference === 'string' ? reference : reference?.uid) === PANELS;

/** A, B, C and so on for those that have none. */
const withRefIds = (targets: Target[]): Target[] =>
  targets.reduce<Target[]>((done, target, index) => {
    const others = [...done, ...targets.slice(index + 1)].map(({ refId }) => ({ refId }));
    return [...done, target.refId ? target : { ...target, refId: getNextRefId(others) }];
  }, []);

const listed = <T extends object>(items: unknown): T[] =>
  Array.isArray(items) ? items.filter((item): item is T => typeof item === 'object' && item !== null) : [];

const listOf = (panels: unknown): Panel[] => listed<Panel>(panels);

const all = (panels: Panel[]): Panel[] => panels.flatMap((panel) => [panel, ...all(listOf(panel.panels))]);
