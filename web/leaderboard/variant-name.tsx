/** The letter of a variant for life: A for the first, after Z comes AA. */
export function letterOf(variantNo: number): string {
  const rest = Math.floor((variantNo - 1) / 26)
  return `${rest > 0 ? letterOf(rest) : ''}${String.fromCharCode(65 + ((variantNo - 1) % 26))}`
}

/** The colour of a variant for life; beyond seven they have one together, and the letter tells them apart. */
export function colourOf(variantNo: number): string {
  return variantNo <= 7 ? `var(--series-${variantNo})` : 'var(--axis)'
}

/** A variant's letter in its colour, and what sets it apart from the others. */
export function VariantName({ variant }: { variant: { variant_no: number; label: string } }) {
  return (
    <>
      <b className="variant-letter" style={{ borderColor: colourOf(variant.variant_no) }}>
        {letterOf(variant.variant_no)}
      </b>{' '}
      {variant.label}
    </>
  )
}
