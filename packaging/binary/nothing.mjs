/** In the place of what the single binary has no use for. */
export default {};
