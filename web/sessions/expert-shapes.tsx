const SHAPES = [
  { id: 'triangle', d: 'M6 1 11 10.5H1z' },
  { id: 'circle', d: 'M6 1.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9z' },
  { id: 'square', d: 'M2 2h8v8H2z' },
] as const

const EXPERTS: { [expert: string]: { name: string; shape: number } } = {
  strict_critic: { name: 'Strict critic', shape: 0 },
  pragmatist: { name: 'Pragmatist', shape: 1 },
  tech_lead: { name: 'Tech lead', shape: 2 },
}

/** An expert's name as people write it. */
export function nameExpert(expert: string): string {
  return findExpert(expert)?.name ?? expert
}

/** The shape that an expert has everywhere; those of other panels take them in turn. */
export function Shape({ expert, index }: { expert: string; index: number }) {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" className="expert-shape">
      <ShapePath expert={expert} index={index} />
    </svg>
  )
}

/** The same within a picture. */
export function ShapePath({ expert, index }: { expert: string; index: number }) {
  const shape = SHAPES[(findExpert(expert)?.shape ?? index) % SHAPES.length] ?? SHAPES[0]
  return <path d={shape.d} className={`shape-${shape.id}`} />
}

/** An expert may be called what every object has, as `constructor`. */
function findExpert(expert: string) {
  return Object.hasOwn(EXPERTS, expert) ? EXPERTS[expert] : undefined
}
