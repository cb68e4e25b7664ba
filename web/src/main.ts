import { mount } from 'svelte'
import './app.css'
import App from './app.svelte'

const target = document.getElementById('app')
if (target === null) throw new Error('Cannot mount the page: index.html has no element #app.')
mount(App, { target })
