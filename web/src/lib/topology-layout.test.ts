import { describe, expect, it } from 'vitest'
import type { GraphNode, NodeKind } from './generated/graphql.ts'
import { layOut, shorten } from './topology-layout.ts'

const node = (
  id: string,
  kind: NodeKind,
  children: readonly string[],
  stores: readonly string[] = [],
  topics: readonly string[] = [],
): GraphNode => ({ id, name: id, kind, children, stores, topics })

describe('The layout of a sub-topology', () => {
  const placed = layOut({
    id: 0,
    nodes: [node('in', 'SOURCE', ['count']), node('count', 'PROCESSOR', ['out'], ['counts']), node('out', 'SINK', ['elsewhere'])],
  })

  it('runs from left to right', () => {
    const x = Object.fromEntries(placed.nodes.map(({ id, x }) => [id, x]))
    expect(x['in']).toBeLessThan(x['count'] ?? 0)
    expect(x['count']).toBeLessThan(x['out'] ?? 0)
  })

  it('fits every node, and has an edge to every child within it', () => {
    for (const { x, y, width, height } of placed.nodes) {
      expect(x - width / 2).toBeGreaterThanOrEqual(0)
      expect(y - height / 2).toBeGreaterThanOrEqual(0)
      expect(x + width / 2).toBeLessThanOrEqual(placed.width)
      expect(y + height / 2).toBeLessThanOrEqual(placed.height)
    }
    expect(placed.edges.map(({ id }) => id)).toEqual(['in count', 'count out'])
    expect(placed.edges.every(({ path }) => /^M [\d.]+ [\d.]+ C/.test(path))).toBe(true)
  })

  it('distinguishes the kinds of nodes', () => {
    expect(placed.nodes.map(({ kind }) => kind)).toEqual(['source', 'stateful', 'sink'])
  })

  it('names a node with topics after these, and any other by its own name', () => {
    const nodes = [
      node('in-words', 'SOURCE', ['count'], [], ['words']),
      node('count', 'PROCESSOR', ['out'], ['counts']),
      node('out', 'SINK', []),
    ]
    expect(layOut({ id: 0, nodes }).nodes).toMatchObject([
      { title: 'words', detail: '' },
      { title: 'count', detail: 'counts' },
      { title: 'out', detail: '' },
    ])
  })

  it('can be empty or have one node', () => {
    expect(layOut({ id: 1, nodes: [] }).nodes).toEqual([])
    expect(layOut({ id: 1, nodes: [node('alone', 'SOURCE', [])] }).edges).toEqual([])
  })

  it('cuts a title that does not fit', () => {
    expect(shorten('a-very-long-name-of-a-processor-indeed', 120, 'title')).toMatch(/^a-very-lon?g?.*…$/)
    expect(shorten('short', 120, 'title')).toBe('short')
  })
})
