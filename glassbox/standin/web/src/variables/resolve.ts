import type { DataSource } from '../api/grafana';
import { ask } from '../api/prometheus';
import type { VariableModel } from '../dashboard/model';
import { known as knownValues, rangeMacros } from '../queries/macros';
import { asPromql, asText, interpolate, type Lookup, references } from './interpolate';
import { AUTO, customOptions, matching, type Option, option, savedOptions, sorted } from './options';
import { variableQuery } from './query';
import { sourceUid } from './sources';
import { asList, choose, type Variable, type Variables } from './state';

export interface Resolving {
  models: VariableModel[];
  sources: DataSource[];
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  /** What is wished for a variable: from the URL, or what was chosen before. */
  wished: (name: string) => string[] | undefined;
  /** Looks names up among the variables that are settled so far. */
  lookup: (settled: Variables) => Lookup;
}

/**
 * Settle all variables, each after those that it refers to; independent ones at the same time. A query that fails leaves
 * its variable without options and with Prometheus' words.
 */
export async function resolve(resolving: Resolving): Promise<Variables> {
  const settled = new Map<string, Variable>();
  let open = resolving.models;
  while (open.length) {
    const names = new Set(open.map(({ name }) => name));
    const ready = open.filter((model) => [...needs(model)].every((name) => name === model.name || !names.has(name)));
    // Variables that need each other in a circle are settled in their order.
    const now = ready.length ? ready : open.slice(0, 1);
    const done = await Promise.all(now.map((model) => settle(model, resolving, settled)));
    for (const variable of done) settled.set(variable.model.name, variable);
    open = open.filter((model) => !now.includes(model));
  }
  return inOrder(resolving.models, settled);
}

function inOrder(models: VariableModel[], settled: Variables): Variables {
  return new Map(models.flatMap(({ name }) => (settled.has(name) ? [[name, settled.get(name) as Variable]] : [])));
}

/** The variables that a model refers to in its query, its data source or its regex. */
export function needs(model: VariableModel): Set<string> {
  const source = typeof model.datasource === 'string' ? model.datasource : model.datasource?.uid;
  return references(`${queryText(model)} ${source ?? ''} ${model.regex ?? ''}`);
}

const queryText = ({ query }: VariableModel): string => (typeof query === 'string' ? query : (query?.query ?? ''));

async function settle(model: VariableModel, resolving: Resolving, settled: Variables): Promise<Variable> {
  const wished = resolving.wished(model.name) ?? asList(model.current?.value);
  try {
    const options = await optionsOf(model, resolving, resolving.lookup(settled));
    const typed = resolving.wished(model.name) !== undefined && model.type !== 'datasource';
    if (model.type === 'textbox') return { model, options, chosen: wished.length ? wished : [queryText(model)] };
    if (model.type === 'constant') return { model, options, chosen: [queryText(model)] };
    return { model, options, chosen: choose(model, options, wished, typed) };
  } catch (reason) {
    return { model, options: [], chosen: choose(model, [], wished, true), error: (reason as Error).message };
  }
}

async function optionsOf(model: VariableModel, resolving: Resolving, lookup: Lookup): Promise<Option[]> {
  const text = queryText(model);
  switch (model.type) {
    case 'query':
      return queryOptions(model, resolving, lookup);
    case 'custom':
      return text.trim() ? customOptions(interpolate(text, lookup, asText), model.valuesFormat) : savedOptions(model);
    case 'interval':
      return [
        ...(model.auto ? [option(AUTO, 'auto')] : []),
        ...(text.trim() ? customOptions(text) : savedOptions(model).filter(({ value }) => value !== AUTO)),
      ];
    case 'datasource':
      return sourceOptions(model, resolving.sources, lookup);
    default:
      return text ? [option(text)] : [];
  }
}

async function queryOptions(model: VariableModel, { sources, from, to }: Resolving, lookup: Lookup): Promise<Option[]> {
  const macros = knownValues(rangeMacros(to - from));
  const query = interpolate(queryText(model), (name, path) => macros(name, path) ?? lookup(name, path), asPromql);
  if (!query.trim()) return [];
  const { read, ...call } = variableQuery(query, from, to);
  const texts = read(await ask({ uid: sourceUid(model.datasource, sources, lookup), ...call }));
  const regex = model.regex ? interpolate(model.regex, lookup) : '';
  return sorted(
    matching(
      texts.map((one) => option(one)),
      regex,
    ),
    model.sort,
  );
}

function sourceOptions(model: VariableModel, sources: DataSource[], lookup: Lookup): Option[] {
  const regex = model.regex ? interpolate(model.regex, lookup) : '';
  const named = sources.filter(({ type }) => type === queryText(model));
  const kept = new Set(
    matching(
      named.map(({ name }) => option(name)),
      regex,
    ).map(({ value }) => value),
  );
  const first = named.toSorted((a, b) => Number(b.isDefault ?? false) - Number(a.isDefault ?? false));
  return first.filter(({ name }) => kept.has(name)).map(({ uid, name }) => option(uid, name));
}
