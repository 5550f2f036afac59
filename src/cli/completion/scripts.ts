/**
 * The scripts that teach a shell to complete `sentinel`. Each hands what was typed to `sentinel completion words` and shows the answer; no
 * name, no command and no option stands in them, so that they never grow old.
 */

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/**
 * Readline has cut the word at `:` and `=`, and puts what is chosen in the place of its own last piece: what stands before that piece is
 * taken off each candidate. Bash 3.2 has neither `mapfile` nor `compopt`.
 */
const bash = `# bash completion for sentinel: eval "$(sentinel completion bash)"
_sentinel() {
  local piece=\${COMP_WORDS[COMP_CWORD]} how typed word meaning strip
  case $piece in ':' | '=') piece='' ;; esac
  COMPREPLY=()
  {
    IFS=$'\\t' read -r how typed || return 0
    strip=$((\${#typed} - \${#piece}))
    [ "$strip" -lt 0 ] && strip=0
    while IFS=$'\\t' read -r word meaning; do
      COMPREPLY+=("\${word:strip}")
    done
  } < <("$1" completion words --line "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  case $how in
    files | folders)
      type compopt >/dev/null 2>&1 && compopt -o filenames
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "-$([ "$how" = files ] && echo f || echo d)" -- "$piece")
      ;;
  esac
  case \${COMPREPLY[*]-} in *=) type compopt >/dev/null 2>&1 && compopt -o nospace ;; esac
}
complete -F _sentinel sentinel sentinel-proxy
`;

const zsh = `#compdef sentinel sentinel-proxy
# zsh completion for sentinel: eval "$(sentinel completion zsh)"
_sentinel() {
  local -a answer names
  local how line
  answer=("\${(@f)$("\${words[1]}" completion words -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  how=\${answer[1]%%$'\\t'*}
  for line in "\${(@)answer[2,-1]}"; do
    names+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( $#names )) && _describe -V sentinel names
  case $how in
    files) _files ;;
    folders) _files -/ ;;
  esac
}
compdef _sentinel sentinel sentinel-proxy
`;

const fish = `# fish completion for sentinel: sentinel completion fish | source
function __sentinel_words
  set -l words (commandline -opc) (commandline -ct)
  set -l answer ($words[1] completion words -- $words[2..-1] 2>/dev/null)
  set -l how (string split -m 1 \\t -- $answer[1])[1]
  test (count $answer) -gt 1; and printf '%s\\n' $answer[2..-1]
  switch $how
    case files
      __fish_complete_path (commandline -ct)
    case folders
      __fish_complete_directories (commandline -ct)
  end
end
for program in sentinel sentinel-proxy
  complete -c $program -f -k -a '(__sentinel_words)'
end
`;

export const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
