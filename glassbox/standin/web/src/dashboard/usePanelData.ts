import { type DataFrame, type InterpolateFunction, LoadingState, type TimeRange } from '@grafana/data';
import { useTheme2 } from '@grafana/ui';
import { useEffect, useMemo, useState } from 'react';
import { useBusy } from '../app/ready';
import { decorated, transformed } from '../fields/prepare';
import { run, type SentRequest } from '../queries/run';
import { replacer } from '../variables/replace';
import type { Panel } from './model';
import { panelRange } from './range';
import { panelLookup, useSession } from './session';

interface Fetched {
  /** A panel of this session. */
  of: { panel: Panel; revision: number };
  /** After the panel's transformations. */
  frames: DataFrame[];
  requests: SentRequest[];
  range: TimeRange;
  error?: string;
}

export interface PanelData extends Partial<Fetched> {
  loading: LoadingState;
  replace: InterpolateFunction;
}

/** Run a panel's queries whenever the session changes, while it is `wanted`; its frames are ready to be drawn. */
export function usePanelData(panel: Panel, width: number, wanted: boolean, visible?: string[]): PanelData {
  const session = useSession();
  const theme = useTheme2();
  const { lookup, variables } = session;
  const replace = useMemo(() => replacer(panelLookup({ lookup, variables }, panel)), [lookup, variables, panel]);
  const [fetched, setFetched] = useState<Fetched>();
  const stale = wanted && (fetched?.of.panel !== panel || fetched.of.revision !== session.revision);
  useBusy(stale);
  useEffect(() => {
    if (!wanted) return;
    let live = true;
    const of = { panel, revision: session.revision };
    fetchPanel(panel, width)
      .catch((reason: Error) => ({ frames: [], requests: [], range: session.range, error: reason.message }))
      .then((got) => live && setFetched({ ...got, of }));
    return () => {
      live = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a new width alone asks again only with the next refresh, as in Grafana
  }, [panel, session.revision, wanted]);

  async function fetchPanel(one: Panel, pixels: number): Promise<Omit<Fetched, 'of'>> {
    const range = panelRange(session.range, one, session.timeZone);
    const times = { from: range.from.valueOf(), to: range.to.valueOf() };
    const { frames, requests } = await run(one, {
      ...session,
      ...times,
      lookup: panelLookup(session, one),
      maxDataPoints: pixels,
    });
    const error = requests.find((one) => one.error)?.error;
    return { requests, range, error, frames: await transformed(frames, one.transformations, replace) };
  }

  const frames = useMemo(
    () =>
      fetched &&
      decorated(fetched.frames, {
        type: panel.type,
        fieldConfig: panel.fieldConfig,
        theme,
        timeZone: session.timeZone,
        replace,
        visible,
      }),
    [fetched, panel, theme, session.timeZone, replace, visible],
  );
  const loading = stale || !fetched ? LoadingState.Loading : fetched.error ? LoadingState.Error : LoadingState.Done;
  return { ...fetched, frames, replace, loading };
}
