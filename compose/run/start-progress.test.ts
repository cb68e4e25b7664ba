import { expect, it } from 'vitest'
import { StartProgress } from './start-progress.ts'

function reports(json: boolean): string[] {
  const lines: string[] = []
  let now = 0
  const progress = new StartProgress({ json, output: { write: (line: string) => lines.push(line) > 0 }, now: () => now })
  for (; now <= 2_500; now += 100) progress.report('reading the index of the log', now / 5_000)
  now = 3_200
  progress.report('opening the API')
  return lines
}

it('21.7 a start that takes more than a second says what it does and how far it is, once a second', () => {
  expect(reports(false)).toEqual(['reading the index of the log: 20 %\n', 'reading the index of the log: 40 %\n', 'opening the API …\n'])
})

it('21.7 a start in JSON says the same in lines of JSON', () => {
  expect(reports(true).map((line) => JSON.parse(line) as unknown)).toEqual([
    { starting: 'reading the index of the log', share: 0.2 },
    { starting: 'reading the index of the log', share: 0.4 },
    { starting: 'opening the API' },
  ])
})
