import type { ChangelogCursor, ChangelogRecord } from '../changelog.ts'

export function cursorOver(records: Iterable<ChangelogRecord>): ChangelogCursor {
  const remaining = [...records]
  let record: ChangelogRecord | undefined
  const current = (): ChangelogRecord => {
    if (record === undefined) throw new Error('The cursor is not on a record: next() was not called, or returned false.')
    return record
  }
  return {
    next: () => (record = remaining.shift()) !== undefined,
    get key() {
      return current().key
    },
    get value() {
      return current().value
    },
    get timestamp() {
      return current().timestamp
    },
  }
}
