# Walks the list of operations, and fetches the first: URL, name and password, then the size of a page.
package require http

lassign $argv url username password pageSize
set headers [list Authorization "Basic [binary encode base64 -maxlen 0 $username:$password]"]

proc get {path args} {
  global url headers
  set query [expr {[llength $args] ? "?[http::formatQuery {*}$args]" : ""}]
  set token [http::geturl $url$path$query -headers $headers]
  set body [http::data $token]
  http::cleanup $token
  return $body
}

set path /v1/SenderPools/Operations
set ids {}
set query [list pageSize $pageSize]
while 1 {
  set page [get $path {*}$query]
  foreach {_ id} [regexp -all -inline {"id":"([^"]+)"} $page] { lappend ids $id }
  if {![regexp {"next":"([^"]+)"} $page _ token]} break
  set query [list pageSize $pageSize pageToken $token]
}

set first [lindex $ids 0]
set fetched [expr {[string first "\"id\":\"$first\"" [get $path/$first]] >= 0 ? "True" : "False"}]
regexp {"code":(\d+)} [get $path/comms_operation_01h9krwprkeee8fzqspvwy6nq8] _ missing
puts "[llength $ids] [llength [lsort -unique $ids]] $fetched $missing"
