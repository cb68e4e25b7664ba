import type { ChangelogCursor, ChangelogRecord } from '../task-state.ts'

export function cursorOver(records: Iterable<ChangelogRecord>): ChangelogCursor {
  const left = [...records]
  let current: ChangelogRecord | undefined
  const present = (): ChangelogRecord => {
    if (current === undefined) throw new Error('The cursor stands on no record')
    return current
  }
  return {
    next: () => (current = left.shift()) !== undefined,
    get key() {
      return present().key
    },
    get value() {
      return present().value
    },
    get timestamp() {
      return present().timestamp
    },
  }
}
