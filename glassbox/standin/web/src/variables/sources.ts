import type { DataSource } from '../api/grafana';
import type { SourceRef } from '../dashboard/model';
import { interpolate, type Lookup } from './interpolate';

type Reference = SourceRef | string | null | undefined;

export const PROMETHEUS = 'prometheus';
/** What a reference names where every query of the panel has a data source of its own. */
const MIXED = '-- Mixed --';
/** Grafana computes these queries from the answers of others. */
const EXPRESSIONS = new Set(['__expr__', '-100']);

const nameIn = (reference: Reference): string => (typeof reference === 'string' ? reference : reference?.uid) ?? '';
const kindIn = (reference: Reference): string | undefined =>
  typeof reference === 'string' ? undefined : reference?.type;

/** Whether a reference means server-side expressions. */
export const isExpression = (reference: Reference): boolean =>
  EXPRESSIONS.has(nameIn(reference)) || EXPRESSIONS.has(kindIn(reference) ?? '');

/** The kind of data source that a reference means. */
export const kindOf = (reference: Reference): string =>
  (nameIn(reference) === MIXED ? undefined : kindIn(reference)) || PROMETHEUS;

/** The uid that a reference means; throws like `source`. */
export const sourceUid = (reference: Reference, sources: DataSource[], lookup: Lookup): string =>
  source(reference, sources, lookup).uid;

/**
 * The data source that a reference means, variables filled: by its uid or name, else the default one of its kind, which is
 * Prometheus where none is said. Throws where no data source fits.
 */
export function source(reference: Reference, sources: DataSource[], lookup: Lookup): DataSource {
  const wanted = interpolate(nameIn(reference), lookup);
  const named = sources.find(({ uid, name }) => uid === wanted || name === wanted);
  if (named) return named;
  const kind = kindOf(reference);
  const ofKind = sources.filter(({ type }) => type === kind);
  const found = ofKind.find(({ isDefault }) => isDefault) ?? ofKind[0];
  if (found) return found;
  throw new Error(
    kind === PROMETHEUS
      ? 'The server knows no Prometheus data source.'
      : `The server knows no data source of the kind "${kind}", which this asks.`,
  );
}
