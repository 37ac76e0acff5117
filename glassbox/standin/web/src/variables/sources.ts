import type { DataSource } from '../api/grafana';
import type { SourceRef } from '../dashboard/model';
import { interpolate, type Lookup } from './interpolate';

/** The uid that a reference means, variables filled: an unknown or missing one is the default Prometheus. Throws where no data source fits. */
export function sourceUid(
  reference: SourceRef | string | null | undefined,
  sources: DataSource[],
  lookup: Lookup,
): string {
  return source(reference, sources, lookup).uid;
}

/** The data source that a reference means, by its uid or name. */
export function source(
  reference: SourceRef | string | null | undefined,
  sources: DataSource[],
  lookup: Lookup,
): DataSource {
  const wanted = interpolate((typeof reference === 'string' ? reference : reference?.uid) ?? '', lookup);
  const named = sources.find(({ uid, name }) => uid === wanted || name === wanted);
  const found =
    named ?? sources.find(({ isDefault }) => isDefault) ?? sources.find(({ type }) => type === 'prometheus');
  if (!found) throw new Error('The server knows no Prometheus data source.');
  return found;
}
