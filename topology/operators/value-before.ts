/**
 * The value as it is now, to be kept while a function gets `value` that may change it in place, such as an aggregator. Primitives cannot change;
 * anything else is made again by `again`, because a copy of its own is known to its serde only.
 */
export function valueBefore<V>(value: V, again: () => V): V {
  return typeof value === 'object' && value !== null ? again() : value
}
