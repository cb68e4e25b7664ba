const DIGIT_BITS = 8
const DIGITS = 1 << DIGIT_BITS

/** Stable sort of rows by their ranks, which are unsigned 32-bit numbers, in linear time. Also sorts `ranks`. */
export function sortByRank(rows: Int32Array, ranks: Uint32Array): void {
  const other = new Int32Array(rows.length)
  const otherRanks = new Uint32Array(ranks.length)
  for (let shift = 0; shift < 32; shift += 2 * DIGIT_BITS) {
    distribute(rows, ranks, shift, other, otherRanks)
    distribute(other, otherRanks, shift + DIGIT_BITS, rows, ranks)
  }
}

/** Copies rows and ranks sorted by one digit; rows with the same digit keep their order. */
function distribute(rows: Int32Array, ranks: Uint32Array, shift: number, toRows: Int32Array, toRanks: Uint32Array): void {
  const places = firstPlaceByDigit(ranks, shift)
  for (let index = 0; index < rows.length; index++) {
    const rank = ranks[index] ?? 0
    const digit = (rank >>> shift) & (DIGITS - 1)
    const place = places[digit] ?? 0
    places[digit] = place + 1
    toRows[place] = rows[index] ?? 0
    toRanks[place] = rank
  }
}

/** For each digit, the index of its first row in the sorted order. */
function firstPlaceByDigit(ranks: Uint32Array, shift: number): Int32Array {
  const places = new Int32Array(DIGITS)
  for (let index = 0; index < ranks.length; index++) {
    const digit = ((ranks[index] ?? 0) >>> shift) & (DIGITS - 1)
    places[digit] = (places[digit] ?? 0) + 1
  }
  let next = 0
  for (let digit = 0; digit < DIGITS; digit++) {
    const count = places[digit] ?? 0
    places[digit] = next
    next += count
  }
  return places
}
