package sampler
import ("testing";"time";"context";"fmt";"sort";"os";"strconv")
func TestTry(t *testing.T){
 ds,_:=strconv.Atoi(os.Getenv("DS")); ch,_:=strconv.Atoi(os.Getenv("CH"))
 for _,c:=range Cases(){
  if n:=os.Getenv("CASE"); n!="" && n!=c.Name {continue}
  s:=time.Now()
  o:=Options{DataSets:ds,Chains:ch,Cases:[]Case{c},Seed:1,Thin:20}
  o=o.withDefaults()
  a,err:=o.calibrate(context.Background(),c); if err!=nil{t.Error(err);continue}
  t1:=time.Since(s); s=time.Now()
  g,err:=o.agree(context.Background(),c); if err!=nil{t.Error(err);continue}
  t2:=time.Since(s)
  fmt.Println("==",c.Name,t1,t2)
  sort.Slice(a,func(i,j int)bool{return min(a[i].ChiSquare,a[i].Envelope)<min(a[j].ChiSquare,a[j].Envelope)})
  for _,r:=range a[:min(6,len(a))]{fmt.Printf("   chi %.2g env %.2g %s\n",r.ChiSquare,r.Envelope,r.Quantity)}
  sort.Slice(g,func(i,j int)bool{return g[i].P<g[j].P})
  for _,r:=range g[:4]{fmt.Printf("   z %.2f %.4f %.4f %s\n",r.Z,r.Marginal,r.Successive,r.Function)}
 }
}
