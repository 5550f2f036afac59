/**
 * The script of the challenge page, as text: it may use nothing that a page over plain http lacks (no `crypto.subtle`), and
 * nothing of this program. `solver` runs in a worker of its own, so that the page stays alive; where there are no
 * workers, in slices on the page itself.
 */

/**
 * SHA-256 in plain JavaScript. `solve(puzzle, bits, from, count)` tries the numbers from `from`; the first 64 bytes are the
 * same for all of them and are hashed once. Returns the number, or -1.
 */
export const solver = `
function solver(){
var K=[],H=[],n=2,i,p=function(x){for(var d=2;d*d<=x;d++)if(x%d===0)return 0;return 1},f=function(x){return(x-Math.floor(x))*4294967296|0};
for(;K.length<64;n++)if(p(n)){if(H.length<8)H.push(f(Math.sqrt(n)));K.push(f(Math.cbrt(n)))}
var w=new Int32Array(64);
function block(s,b,o){
for(i=0;i<16;i++)w[i]=b[o+4*i]<<24|b[o+4*i+1]<<16|b[o+4*i+2]<<8|b[o+4*i+3];
for(;i<64;i++){var x=w[i-15],y=w[i-2];w[i]=w[i-16]+w[i-7]+((x>>>7|x<<25)^(x>>>18|x<<14)^x>>>3)+((y>>>17|y<<15)^(y>>>19|y<<13)^y>>>10)}
var a=s[0],c=s[1],d=s[2],e=s[3],g=s[4],h=s[5],j=s[6],k=s[7],t,u;
for(i=0;i<64;i++){
t=k+((g>>>6|g<<26)^(g>>>11|g<<21)^(g>>>25|g<<7))+(g&h^~g&j)+K[i]+w[i]|0;
u=((a>>>2|a<<30)^(a>>>13|a<<19)^(a>>>22|a<<10))+(a&c^a&d^c&d)|0;
k=j;j=h;h=g;g=e+t|0;e=d;d=c;c=a;a=t+u|0}
return[s[0]+a|0,s[1]+c|0,s[2]+d|0,s[3]+e|0,s[4]+g|0,s[5]+h|0,s[6]+j|0,s[7]+k|0]}
return function(puzzle,bits,from,count){
var text=puzzle+':',b=new Uint8Array(128),m,l,q,s,z,r;
for(m=0;m<64;m++)b[m]=text.charCodeAt(m);
var mid=block(H,b,0);
for(z=from;z<from+count;z++){
q=text.slice(64)+z;l=q.length;b.fill(0);
for(m=0;m<l;m++)b[m]=q.charCodeAt(m);
b[l]=128;r=(64+l)*8;b[62]=r>>>8;b[63]=r;
s=block(mid,b,0);
if(Math.clz32(s[0])>=bits)return z}
return-1}}`;

/**
 * What the page does: solve, show how far it is, hand in the solution, load the page that was asked for. Three passes within
 * a minute that brought nothing mean that the browser keeps no cookies; then it stops and says so.
 */
export const pageScript = `${solver}
(function(){
var main=document.querySelector('main'),d=main.dataset,state=document.getElementById('s'),bar=document.getElementById('b');
function say(text,over){state.textContent=text;if(over)main.className='over'}
function tries(){try{var t=JSON.parse(sessionStorage.getItem('sentinel')||'[]').filter(function(x){return Date.now()-x<6e4});t.push(Date.now());sessionStorage.setItem('sentinel',JSON.stringify(t));return t.length}catch(e){return 0}}
main.className='on';
if(!navigator.cookieEnabled)return say('Cookies are off. Allow them for this site, then load the page again.',1);
if(tries()>3)return say('The pass did not stay in this browser. Allow cookies for this site, then load the page again.',1);
var bits=+d.bits,step=4096,whole=Math.pow(2,bits);
function progress(n){bar.value=1-Math.exp(-n/whole)}
function done(n){
bar.value=1;say('Solved. Opening the page\\u2026');
fetch(d.path+'?puzzle='+encodeURIComponent(d.puzzle)+'&counter='+n,{credentials:'same-origin',cache:'no-store'}).then(function(r){
if(r.status===204)location.reload();else say('The answer came too late or from another network. Load the page again.',1)
},function(){say('The server could not be reached. Load the page again.',1)})}
function slices(){var solve=solver(),n=0;(function slice(){var r=solve(d.puzzle,bits,n,512);n+=512;progress(n);if(r<0)setTimeout(slice);else done(r)})()}
try{
var source='var solve=('+solver+')();onmessage=function(e){for(var n=0,r=-1;r<0;n+='+step+'){r=solve(e.data[0],e.data[1],n,'+step+');postMessage([r,n])}}';
var worker=new Worker(URL.createObjectURL(new Blob([source],{type:'text/javascript'})));
worker.onmessage=function(e){if(e.data[0]<0)progress(e.data[1]);else{worker.terminate();done(e.data[0])}};
worker.onerror=function(){worker.terminate();slices()};
worker.postMessage([d.puzzle,bits])
}catch(e){slices()}
})();`;
