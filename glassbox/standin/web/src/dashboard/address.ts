import { type InterpolateFunction, locationUtil } from '@grafana/data';
import type { PanelLink } from './model';

/** A link's address with its variables filled; one that could run a script becomes harmless. */
export function addressOf({ url = '' }: PanelLink, replace: InterpolateFunction): string {
  return locationUtil.processUrl(replace(locationUtil.assureBaseUrl(url), {}, 'uriencode'));
}
