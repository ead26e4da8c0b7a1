import { letterOf } from '#experiments/variant-letter.ts'

/** The colour of a variant for life; beyond seven they have one together, and the letter tells them apart. */
export function colourOf(variantNo: number): string {
  return variantNo <= 7 ? `var(--series-${variantNo})` : 'var(--axis)'
}

/** A variant's letter in its colour, and what sets it apart from the others. */
export function VariantName({ variant }: { variant: { variant_no: number; label: string } }) {
  return (
    <span className="variant-name">
      <b className="variant-letter" style={{ borderColor: colourOf(variant.variant_no) }}>
        {letterOf(variant.variant_no)}
      </b>{' '}
      <span>{variant.label}</span>
    </span>
  )
}
