" :compiler tlslint, then :make fills the quickfix list.
if exists("current_compiler")
  finish
endif
let current_compiler = "tlslint"

CompilerSet makeprg=tlslint\ check\ --output-format\ concise\ --quiet\ $*
CompilerSet errorformat=%f:%l:%c:\ %trror:\ %m,%f:%l:%c:\ %tarning:\ %m,%f:%l:%c:\ %tote:\ %m
