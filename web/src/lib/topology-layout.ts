import { graphlib, layout } from '@dagrejs/dagre'
import type { GraphNode, Subtopology } from './generated/graphql.ts'

export interface PlacedNode {
  readonly id: string
  readonly kind: NodeAppearance
  /** Centre and size, in pixels of the layout. */
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** The topics of a source or sink, if known; otherwise the node's name. */
  readonly title: string
  /** The stores of a processor. */
  readonly detail: string
}

export interface PlacedEdge {
  readonly id: string
  /** An SVG path. */
  readonly path: string
}

export interface SubtopologyLayout {
  readonly width: number
  readonly height: number
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
}

/** How the page shows a node; the names are also its CSS classes. */
export type NodeAppearance = 'source' | 'sink' | 'stateful' | 'processor'

const HEIGHT = 58
const MIN_WIDTH = 100
const MAX_WIDTH = 250
/** Pixels per character of the title and of the smaller line below it. */
const TITLE_CHARACTER = 8.9
const DETAIL_CHARACTER = 6.7
const PADDING = 26

/** Places the nodes of one sub-topology from left to right. Independent of metrics, so that no node moves while they change. */
export function layOut({ nodes }: Subtopology): SubtopologyLayout {
  const graph = new graphlib.Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 36, marginx: 6, marginy: 6 })
  graph.setDefaultEdgeLabel(() => ({}))
  const ids = new Set(nodes.map(({ id }) => id))
  for (const node of nodes) graph.setNode(node.id, { width: widthOf(node), height: HEIGHT })
  for (const { id, children } of nodes) for (const child of children) if (ids.has(child)) graph.setEdge(id, child)
  layout(graph)
  const placed = nodes.map((node) => place(node, graph.node(node.id)))
  return {
    width: Math.ceil(Math.max(0, ...placed.map(({ x, width }) => x + width / 2)) + 6),
    height: Math.ceil(Math.max(0, ...placed.map(({ y, height }) => y + height / 2)) + 6),
    nodes: placed,
    edges: graph.edges().map(({ v, w }) => ({ id: `${v} ${w}`, path: pathOf(graph.edge(v, w)?.points ?? []) })),
  }
}

export function kindOf({ kind, stores }: GraphNode): NodeAppearance {
  switch (kind) {
    case 'SOURCE':
      return 'source'
    case 'PROCESSOR':
      return stores.length > 0 ? 'stateful' : 'processor'
    case 'SINK':
      return 'sink'
    default:
      return kind satisfies never
  }
}

/** Cuts text that does not fit; the table below the graph has all of it. */
export function shorten(text: string, width: number, line: 'title' | 'detail'): string {
  const fits = Math.floor((width - PADDING) / (line === 'title' ? TITLE_CHARACTER : DETAIL_CHARACTER))
  return text.length <= fits ? text : `${text.slice(0, fits - 1)}…`
}

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

function place(node: GraphNode, { x, y, width, height }: Box): PlacedNode {
  return { id: node.id, kind: kindOf(node), x, y, width, height, title: titleOf(node), detail: node.stores.join(', ') }
}

function titleOf({ name, topics }: GraphNode): string {
  return topics.join(', ') || name
}

function widthOf(node: GraphNode): number {
  const longest = Math.max(titleOf(node).length * TITLE_CHARACTER, node.stores.join(', ').length * DETAIL_CHARACTER)
  return Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, Math.ceil(longest) + PADDING))
}

/** A smooth line through the points of an edge. */
function pathOf(points: ReadonlyArray<{ readonly x: number; readonly y: number }>): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  const parts = rest.map(({ x, y }, index) => {
    const before = index === 0 ? first : (rest[index - 1] ?? first)
    const middle = (before.x + x) / 2
    return `C ${round(middle)} ${round(before.y)} ${round(middle)} ${round(y)} ${round(x)} ${round(y)}`
  })
  return `M ${round(first.x)} ${round(first.y)} ${parts.join(' ')}`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
