/**
 * Controls, formats (directional marks, embeddings, overrides and isolates, zero-width characters but for the joiners of scripts and emoji), separators of
 * lines and paragraphs, lone surrogates, and code points for private use: what a reader cannot see, or sees as something else.
 */
const UNPRINTABLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/u

/** Whether a reader sees what the text contains. */
export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text)
}
