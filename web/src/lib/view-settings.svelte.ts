export const ROW_COUNTS = [5, 10, 25, 50, 100, 250] as const
export type RowCount = (typeof ROW_COUNTS)[number]

export const COLUMNS = [
  { id: 'time', title: 'Time' },
  { id: 'counterparty', title: 'Counterparty' },
  { id: 'description', title: 'Description' },
  { id: 'changedBy', title: 'By' },
  { id: 'balance', title: 'Balance after' },
] as const
export type ColumnId = (typeof COLUMNS)[number]['id']

const KEY = 'bob.view'

/** The chosen row count and columns, stored in the browser. */
class ViewSettings {
  rows = $state<RowCount>(10)
  columns = $state.raw<readonly ColumnId[]>(COLUMNS.map(({ id }) => id))

  constructor() {
    const stored = read()
    this.rows = ROW_COUNTS.find((count) => count === stored['rows']) ?? 10
    const columns = stored['columns']
    if (Array.isArray(columns)) this.columns = COLUMNS.map(({ id }) => id).filter((id) => columns.includes(id))
  }

  setRows(rows: RowCount): void {
    this.rows = rows
    this.#save()
  }

  toggle(column: ColumnId): void {
    this.columns = COLUMNS.map(({ id }) => id).filter((id) => this.columns.includes(id) !== (id === column))
    this.#save()
  }

  #save(): void {
    try {
      localStorage.setItem(KEY, JSON.stringify({ rows: this.rows, columns: this.columns }))
    } catch {
      // The browser may refuse storage (privacy settings, quota); the choice then lasts until the page is closed.
    }
  }
}

export const viewSettings = new ViewSettings()

/** The stored value may be unreadable, or have the shape of another version. */
function read(): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
