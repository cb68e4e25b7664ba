/** The text shown for an error: its own message. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
